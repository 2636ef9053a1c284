import type { sendUnaryData, ServerUnaryCall, UntypedHandleCall } from "@grpc/grpc-js";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";

export type Props = Record<string, unknown>;

/** What a resource is in the store it lives in: its id, and all of its outputs. */
export interface Found {
  id: string;
  outs: Props;
}

/** One type of resources. What it throws reaches the person as the engine's error. */
export interface ResourceKind {
  /** The inputs, completed, and what is wrong with them. Default: as they are. */
  check?(news: Props): { inputs: Props; failures?: { property: string; reason: string }[] };
  /** Inputs whose change makes another resource. */
  replacing: readonly string[];
  /** Whether two values of an input mean the same. Default: they are equal as JSON. */
  same?(key: string, old: unknown, wanted: unknown): boolean;
  create(inputs: Props): Promise<Found>;
  /** `undefined`: it is gone. `inputs` are those a program would have written, where the resource is imported. */
  read(id: string, olds: Props): Promise<(Found & { inputs: Props }) | undefined>;
  update(id: string, olds: Props, news: Props): Promise<Props>;
  delete(id: string, olds: Props): Promise<void>;
}

/** A plugin of the engine, as far as a rehearsal needs one: no functions, no components. */
export interface Plugin {
  version: string;
  /** Called with the inputs of a provider, secrets in clear, before any resource of it is worked on. */
  configure: (config: Props) => void;
  /** By the type's last word: `S3Bucket`. */
  kinds: Readonly<Record<string, ResourceKind>>;
}

/**
 * Serves a plugin on a free port of loopback and tells the engine which. By the protocol itself, since the SDK's own server for providers in
 * TypeScript hands their configuration to nobody.
 */
export function servePlugin(plugin: Plugin): void {
  const server = new Server();
  server.addService(providerService.ResourceProviderService, handlersOf(plugin));
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}

function handlersOf({ version, configure, kinds }: Plugin): Record<string, UntypedHandleCall> {
  return {
    getPluginInfo: answer(() => new pluginMessages.PluginInfo().setVersion(version)),
    getSchema: answer(() => new messages.GetSchemaResponse().setSchema("{}")),
    attach: answer(() => new empty.Empty()),
    cancel: answer(() => new empty.Empty()),
    checkConfig: answer((request: pb.CheckRequest) => new messages.CheckResponse().setInputs(request.getNews())),
    diffConfig: answer((request: pb.DiffRequest) =>
      diffResponse(changedKeys(propsOf(request.getOlds()), propsOf(request.getNews())), []),
    ),
    configure: answer((request: pb.ConfigureRequest) => {
      configure(propsOf(request.getArgs()));
      // The engine marks outputs as secret by itself where an input of that name is.
      return new messages.ConfigureResponse()
        .setAcceptsecrets(false)
        .setAcceptresources(false)
        .setSupportspreview(true);
    }),
    check: answer((request: pb.CheckRequest) => {
      const news = propsOf(request.getNews());
      const { inputs, failures = [] } = kindOf(kinds, request).check?.(news) ?? { inputs: news };
      return new messages.CheckResponse()
        .setInputs(struct.Struct.fromJavaScript(inputs as JsonObject))
        .setFailuresList(
          failures.map(({ property, reason }) => new messages.CheckFailure().setProperty(property).setReason(reason)),
        );
    }),
    diff: answer((request: pb.DiffRequest) => {
      const kind = kindOf(kinds, request);
      const changed = changedKeys(propsOf(request.getOlds()), propsOf(request.getNews()), (...value) =>
        same(kind, ...value),
      );
      return diffResponse(
        changed,
        changed.filter((key) => kind.replacing.includes(key)),
      );
    }),
    create: answer(async (request: pb.CreateRequest) => {
      const inputs = propsOf(request.getProperties());
      const { id, outs } = request.getPreview()
        ? { id: "", outs: inputs }
        : await kindOf(kinds, request).create(inputs);
      return new messages.CreateResponse().setId(id).setProperties(struct.Struct.fromJavaScript(outs as JsonObject));
    }),
    read: answer(async (request: pb.ReadRequest) => {
      const kind = kindOf(kinds, request);
      const found = await kind.read(request.getId(), propsOf(request.getProperties()));
      if (found === undefined) return new messages.ReadResponse();
      const before = propsOf(request.getInputs());
      const imported = Object.keys(before).length === 0;
      // Drift shows in the inputs: those the program gave, with what is there now.
      const inputs = imported
        ? found.inputs
        : Object.fromEntries(
            Object.entries(before).map(([key, value]) => [
              key,
              key in found.outs && !same(kind, key, value, found.outs[key]) ? found.outs[key] : value,
            ]),
          );
      return new messages.ReadResponse()
        .setId(found.id)
        .setProperties(struct.Struct.fromJavaScript(found.outs as JsonObject))
        .setInputs(struct.Struct.fromJavaScript(inputs as JsonObject));
    }),
    update: answer(async (request: pb.UpdateRequest) => {
      const olds = propsOf(request.getOlds());
      const news = propsOf(request.getNews());
      const outs = request.getPreview()
        ? { ...olds, ...news }
        : await kindOf(kinds, request).update(request.getId(), olds, news);
      return new messages.UpdateResponse().setProperties(struct.Struct.fromJavaScript(outs as JsonObject));
    }),
    delete: answer(async (request: pb.DeleteRequest) => {
      await kindOf(kinds, request).delete(request.getId(), propsOf(request.getProperties()));
      return new empty.Empty();
    }),
  };
}

type JsonObject = Parameters<typeof struct.Struct.fromJavaScript>[0];

// The server knows each method by name alone, so a method says itself what it is asked and what it answers.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
function answer<Request, Response>(work: (request: Request) => Response | Promise<Response>): UntypedHandleCall {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => {
    const run = async () => work(call.request);
    run().then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback({ code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) });
      },
    );
  };
}

function kindOf(kinds: Plugin["kinds"], request: { getUrn(): string; getType(): string }): ResourceKind {
  const type = request.getType().split(":").at(-1) ?? "";
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`The rehearsal's plugin has no ${type} (${request.getUrn()}).`);
  return kind;
}

function diffResponse(changed: readonly string[], replaces: readonly string[]): pb.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  return new messages.DiffResponse()
    .setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList([...changed])
    .setReplacesList([...replaces]);
}

/** Keys the program asks for that are not so. One that it no longer names stays as it is. */
function changedKeys(olds: Props, news: Props, equal: (key: string, a: unknown, b: unknown) => boolean = sameJson) {
  return Object.keys(news).filter((key) => !key.startsWith("__") && !equal(key, olds[key], news[key]));
}

const same = (kind: ResourceKind, key: string, a: unknown, b: unknown) => (kind.same ?? sameJson)(key, a, b);
const sameJson = (_key: string, a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

// What the engine writes in the place of a secret's value. (pulumi/sdk, resource.SecretSig)
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

function propsOf(properties: struct.Struct | undefined): Props {
  return (inClear(properties?.toJavaScript() ?? {}) ?? {}) as Props;
}

function inClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inClear);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Props;
  if (object[SIGNATURE] === SECRET) return inClear(object["value"]);
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, inClear(inner)]));
}
