import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type { StateResource } from "../../components/program/state.ts";

interface Monitor {
  invoke(request: unknown, done: (error: Error | null, response: Response) => void): void;
}

/** A message of the protocol's free form. */
interface Struct {
  toJavaScript(): unknown;
}

interface Response {
  getReturn(): Struct | undefined;
}

interface Request {
  setTok(token: string): void;
  setArgs(args: unknown): void;
}

interface Parts {
  "@pulumi/pulumi/runtime/settings.js": { getMonitor(): Monitor | undefined };
  "@pulumi/pulumi/runtime/rpc.js": {
    deserializeProperties: (properties: Struct) => Record<string, unknown>;
    unwrapRpcSecret: (value: unknown) => unknown;
  };
  "@pulumi/pulumi/proto/resource_pb.js": { ResourceInvokeRequest: new () => Request };
  "google-protobuf/google/protobuf/struct_pb.js": { Struct: { fromJavaScript(value: object): unknown } };
}

/** What its last run left in the stack's state: a function of the engine's own. (pulumi: pkg/resource/deploy/builtins.go) */
const FUNCTION = "pulumi:pulumi:readStackResourceOutputs";

/**
 * The resources that the running stack's own state holds, before this run changes any; of a new stack none. In every door alike: it is the
 * program that asks, while the engine runs it.
 *
 * By the bare call: `pulumi.runtime.invoke` writes the whole answer, which has every secret in clear, into an event for debugging.
 */
export async function ownState(): Promise<StateResource[]> {
  const monitor = part("@pulumi/pulumi/runtime/settings.js").getMonitor();
  if (monitor === undefined) throw new Error("no engine runs this program");
  const request = new (part("@pulumi/pulumi/proto/resource_pb.js").ResourceInvokeRequest)();
  request.setTok(FUNCTION);
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  request.setArgs(part("google-protobuf/google/protobuf/struct_pb.js").Struct.fromJavaScript({ stackName }));
  const response = await new Promise<Response>((resolve, reject) => {
    monitor.invoke(request, (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
  const properties = response.getReturn();
  if (properties === undefined) return [];
  // A secret comes in an envelope, which nobody may take for its text.
  const { deserializeProperties, unwrapRpcSecret } = part("@pulumi/pulumi/runtime/rpc.js");
  const outputs = unwrapRpcSecret(deserializeProperties(properties)["outputs"]) as Record<
    string,
    Omit<StateResource, "urn">
  >;
  return Object.entries(outputs).map(([urn, { type, outputs: own }]) => ({ urn, type, outputs: own }));
}

/** Parts of the SDK and of its protocol that come without types. */
function part<Name extends keyof Parts>(name: Name): Parts[Name] {
  return createRequire(import.meta.url)(name) as Parts[Name];
}
