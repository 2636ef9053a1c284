import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type { StateResource } from "../../components/program/state.ts";
import { fieldsOf, membersOf, partsOf, valueIn } from "./wire.ts";

/** The engine's service, as far as it is asked here. (@grpc/grpc-js: Client) */
interface Monitor {
  makeUnaryRequest(
    path: string,
    serialize: (request: Request) => Buffer,
    deserialize: (answer: Buffer) => Buffer,
    request: Request,
    done: (error: Error | null, answer?: Buffer) => void,
  ): void;
}

interface Request {
  setTok(token: string): void;
  setArgs(args: unknown): void;
  serializeBinary(): Uint8Array;
}

interface Parts {
  "@pulumi/pulumi/runtime/settings.js": { getMonitor(): Monitor | undefined };
  "@pulumi/pulumi/proto/resource_pb.js": { ResourceInvokeRequest: new () => Request };
  "google-protobuf/google/protobuf/struct_pb.js": { Struct: { fromJavaScript(value: object): unknown } };
}

/** What its last run left in the stack's state: a function of the engine's own. (pulumi: pkg/resource/deploy/builtins.go) */
const FUNCTION = "pulumi:pulumi:readStackResourceOutputs";
const INVOKE = "/pulumirpc.ResourceMonitor/Invoke";
/** Number of `return` in InvokeResponse. (pulumi: proto/pulumi/provider.proto) */
const RETURN = 1;

/**
 * The resources that the running stack's own state holds, before this run changes any; of a new stack none. In every door alike: it is the
 * program that asks, while the engine runs it.
 *
 * By the bare call: `pulumi.runtime.invoke` writes the whole answer, which has every secret in clear, into an event for debugging. And it
 * makes values of all of it, where each output is made one here when it is read: few are.
 */
export async function ownState(): Promise<StateResource[]> {
  const monitor = part("@pulumi/pulumi/runtime/settings.js").getMonitor();
  if (monitor === undefined) throw new Error("no engine runs this program");
  const request = new (part("@pulumi/pulumi/proto/resource_pb.js").ResourceInvokeRequest)();
  request.setTok(FUNCTION);
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  request.setArgs(part("google-protobuf/google/protobuf/struct_pb.js").Struct.fromJavaScript({ stackName }));
  const answer = await new Promise<Buffer>((resolve, reject) => {
    monitor.makeUnaryRequest(
      INVOKE,
      (sent) => Buffer.from(sent.serializeBinary()),
      (bytes) => bytes,
      request,
      (error, bytes) => {
        if (error) reject(error);
        else resolve(bytes ?? Buffer.alloc(0));
      },
    );
  });
  return resourcesIn(answer);
}

/** @param answer an InvokeResponse as it was sent */
export function resourcesIn(answer: Uint8Array): StateResource[] {
  const [returned] = partsOf(answer, RETURN);
  const resources = [...membersOf(fieldsOf(returned).get("outputs"))].map(([urn, resource]) => {
    const fields = membersOf(resource);
    const { type } = readWhenAsked(fields);
    return { urn, type: String(type), outputs: readWhenAsked(membersOf(fields.get("outputs"))) };
  });
  // The engine sends them in another order each time.
  return resources.sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

/** An object whose values are made of what was sent when they are read. */
function readWhenAsked(fields: ReadonlyMap<string, Uint8Array>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, bytes] of fields) {
    const keep = (value: unknown) => Object.defineProperty(object, key, { value, enumerable: true });
    Object.defineProperty(object, key, {
      enumerable: true,
      configurable: true,
      get: () => {
        const value = valueIn(bytes);
        keep(value);
        return value;
      },
    });
  }
  return object;
}

/** Parts of the SDK and of its protocol that come without types. */
function part<Name extends keyof Parts>(name: Name): Parts[Name] {
  return createRequire(import.meta.url)(name) as Parts[Name];
}
