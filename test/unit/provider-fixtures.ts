import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { onTestFinished } from "vitest";
import type { AnyKind, Plugin } from "../../provider/protocol/plugin.ts";
import { serve } from "../../provider/protocol/serve.ts";
import type { Props } from "../../provider/protocol/values.ts";

type JsonObject = Parameters<typeof struct.Struct.fromJavaScript>[0];

export const URN = "urn:pulumi:test::lab::own:test:Thing::thing";
export const TYPE = "own:test:Thing";

/** As the engine writes a secret. (pulumi: sdk/go/common/resource/sig) */
export const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

export const message = (props: Props) => struct.Struct.fromJavaScript(props as JsonObject);

/** A kind that does nothing but what is given. */
export function thing(over: Partial<AnyKind> = {}): AnyKind {
  return {
    diff: () => ({ changed: [] }),
    create: (inputs) => Promise.resolve({ id: "1", outs: inputs }),
    read: (id, outs) => Promise.resolve({ id, outs }),
    update: (_id, _olds, news) => Promise.resolve(news),
    delete: () => Promise.resolve(),
    ...over,
  };
}

/** A kind behind the real server, asked over the wire as the engine asks. */
export async function asked(kind: AnyKind, over: Partial<Plugin> = {}) {
  const served = await serve({
    packages: ["own"],
    version: "1.0.0",
    kindOf: (type) => (type === TYPE ? kind : undefined),
    ...over,
  });
  const line = await lineTo(served.port);
  const client = new providerService.ResourceProviderClient(`127.0.0.1:${line.port}`, credentials.createInsecure());
  onTestFinished(() => {
    client.close();
    line.cut();
    served.stop();
  });
  const call = <Response>(send: (done: (error: ServiceError | null, response: Response) => void) => unknown) =>
    new Promise<Response>((resolve, reject) => {
      send((error, response) => {
        if (error) reject(error);
        else resolve(response);
      });
    });
  return {
    /** As when the engine is killed. */
    cut: line.cut,
    check: async (news: Props, olds: Props = {}) => {
      const request = new messages.CheckRequest().setUrn(URN).setType(TYPE).setNews(message(news));
      const response = await call<pb.CheckResponse>((done) => client.check(request.setOlds(message(olds)), done));
      return {
        inputs: response.getInputs()?.toJavaScript() as Props,
        problems: response.getFailuresList().map((failure) => failure.getReason()),
      };
    },
    diff: async (olds: Props, news: Props) => {
      const request = new messages.DiffRequest().setUrn(URN).setType(TYPE).setId("1");
      const whole = request.setOlds(message(olds)).setNews(message(news));
      const response = await call<pb.DiffResponse>((done) => client.diff(whole, done));
      return {
        changes: response.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME,
        changed: response.getDiffsList(),
        replaces: response.getReplacesList(),
        detail: Object.fromEntries(
          response
            .getDetaileddiffMap()
            .getEntryList()
            .map(([path]) => [path, response.getDetaileddiffMap().get(path)?.getKind()]),
        ) as Record<string, unknown>,
      };
    },
    create: async (inputs: Props, { preview = false, timeout = 0 } = {}) => {
      const request = new messages.CreateRequest().setUrn(URN).setType(TYPE).setProperties(message(inputs));
      const whole = request.setPreview(preview).setTimeout(timeout);
      const response = await call<pb.CreateResponse>((done) => client.create(whole, done));
      return { id: response.getId(), outs: response.getProperties()?.toJavaScript() as Props };
    },
    update: async (olds: Props, news: Props, { preview = false } = {}) => {
      const request = new messages.UpdateRequest().setUrn(URN).setType(TYPE).setId("1").setPreview(preview);
      const whole = request.setOlds(message(olds)).setNews(message(news));
      const response = await call<pb.UpdateResponse>((done) => client.update(whole, done));
      return response.getProperties()?.toJavaScript() as Props;
    },
    read: async (outs: Props, inputs: Props = {}) => {
      const request = new messages.ReadRequest().setUrn(URN).setType(TYPE).setId("1");
      const whole = request.setProperties(message(outs)).setInputs(message(inputs));
      const response = await call<pb.ReadResponse>((done) => client.read(whole, done));
      return {
        id: response.getId(),
        outs: response.getProperties()?.toJavaScript() as Props | undefined,
        inputs: response.getInputs()?.toJavaScript() as Props | undefined,
      };
    },
    cancel: () => call((done) => client.cancel(new empty.Empty(), done)),
  };
}

/** A way to a port that can be cut. */
async function lineTo(port: number): Promise<{ port: number; cut: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const on = connect(port, "127.0.0.1");
    sockets.push(socket, on);
    // The small messages of two ends that wait for each other would else be held back for 40 ms each.
    for (const end of [socket, on]) end.setNoDelay();
    for (const [from, to] of [
      [socket, on],
      [on, socket],
    ] as const) {
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
