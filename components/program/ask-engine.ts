import { createRequire } from "node:module";
import { structIn, type Value } from "./struct.ts";

/** What the SDK's client of the engine's resource monitor gives beside its typed calls. (@grpc/grpc-js: Client) */
interface Monitor {
  makeUnaryRequest<Answer>(
    method: string,
    serialize: (request: Request) => Buffer,
    deserialize: (bytes: Buffer) => Answer,
    request: Request,
    done: (error: Error | null, answer?: Answer) => void,
  ): void;
}

interface Request {
  setTok(token: string): void;
  setArgs(args: unknown): void;
  serializeBinary(): Uint8Array;
}

interface Parts {
  "@pulumi/pulumi/runtime/settings.js": { getMonitor: () => Monitor | undefined; rpcKeepAlive: () => () => void };
  "@pulumi/pulumi/proto/resource_pb.js": { ResourceInvokeRequest: new () => Request };
  "google-protobuf/google/protobuf/struct_pb.js": { Struct: { fromJavaScript(value: object): unknown } };
}

const METHOD = "/pulumirpc.ResourceMonitor/Invoke";
/** Number of the field `return` in an InvokeResponse. (pulumi: provider.proto) */
const RETURN = 1;

/**
 * Asks a function of the engine's own, while it runs this program. (pulumi: pkg/resource/deploy/builtins.go)
 *
 * By the bare call: `pulumi.runtime.invoke` writes the whole answer, which has every secret in clear, into an event for debugging. And the
 * SDK's own reader of messages takes 0.7 s for a homelab's state.
 * @returns what the function returns; secrets are in their envelopes
 */
export async function askEngine(token: string, args: object): Promise<Record<string, Value>> {
  const { getMonitor, rpcKeepAlive } = part("@pulumi/pulumi/runtime/settings.js");
  const monitor = getMonitor();
  if (monitor === undefined) throw new Error("no engine runs this program");
  const request = new (part("@pulumi/pulumi/proto/resource_pb.js").ResourceInvokeRequest)();
  request.setTok(token);
  request.setArgs(part("google-protobuf/google/protobuf/struct_pb.js").Struct.fromJavaScript(args));
  const answered = rpcKeepAlive();
  try {
    return await new Promise((resolve, reject) => {
      monitor.makeUnaryRequest(
        METHOD,
        (message) => Buffer.from(message.serializeBinary()),
        (bytes) => structIn(bytes, RETURN),
        request,
        (error, answer) => {
          if (error) reject(error);
          else resolve(answer ?? {});
        },
      );
    });
  } finally {
    answered();
  }
}

/** Parts of the SDK and of its protocol that come without types. */
function part<Name extends keyof Parts>(name: Name): Parts[Name] {
  return createRequire(import.meta.url)(name) as Parts[Name];
}
