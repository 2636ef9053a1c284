import { isDeepStrictEqual } from "node:util";
import type { UntypedHandleCall } from "@grpc/grpc-js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { changedKeys } from "../../components/records/changed.ts";
import { HalfMade } from "../../components/records/half-made.ts";
import type { Run } from "../../components/records/kind.ts";
import { callsOfOneEngine, MadeAndFailed } from "./calls.ts";
import { differenceOf, diffResponse } from "./diff.ts";
import { engineAt, type Engine } from "./engine.ts";
import type { AnyKind, Plugin } from "./plugin.ts";
import { holdsUnknown, inClear, messageOf, rawOf, secretKeys, type Props, type Struct } from "./values.ts";

/** What a resource is asked for by. */
interface Asked {
  getUrn(): string;
  getType(): string;
}

/** The methods of a plugin's service, for one engine. (pulumi: proto/pulumi/provider.proto) */
export interface Served {
  handlers: Record<string, UntypedHandleCall>;
  /** Ends what is under way. */
  end: () => void;
}

/**
 * @param address of the engine, for a plugin that was started by it; one that it attaches to is told then
 */
export function servedTo(plugin: Plugin, address?: string): Served {
  const calls = callsOfOneEngine();
  const { answer } = calls;
  const shared = {};
  const guard = plugin.guard?.();
  const timeout = (request: { getTimeout(): number }) => request.getTimeout();
  let engine = address === undefined ? undefined : engineAt(address);
  const meet = (at: string) => {
    if (at === "") return;
    engine?.close();
    engine = engineAt(at);
  };

  const valuesOf = (message: Struct | undefined): Props => {
    const raw = rawOf(message);
    for (const key of plugin.ignored ?? []) Reflect.deleteProperty(raw, key);
    return raw;
  };
  const inRun = async <T>(request: Asked, signal: AbortSignal, work: (kind: AnyKind, run: Run) => T | Promise<T>) => {
    // After a cancel nothing begins any more.
    signal.throwIfAborted();
    const kind = await plugin.kindOf(request.getType());
    if (kind === undefined) throw new Error(`${plugin.packages[0] ?? ""} has no ${request.getType()}.`);
    const result = await work(kind, runAt(request.getUrn(), signal, { shared, engine }));
    await engine?.told();
    return result;
  };

  const handlers = {
    getPluginInfo: answer(() => new pluginMessages.PluginInfo().setVersion(plugin.version)),
    getSchema: answer(() => new messages.GetSchemaResponse().setSchema("{}")),
    handshake: answer((request: pb.ProviderHandshakeRequest) => {
      meet(request.getEngineAddress());
      return new messages.ProviderHandshakeResponse().setAcceptSecrets(true);
    }),
    attach: answer((request: PluginAttach) => {
      meet(request.getAddress());
      return new empty.Empty();
    }),
    cancel: answer(() => {
      calls.cancel();
      return new empty.Empty();
    }),
    checkConfig: answer((request: pb.CheckRequest) => new messages.CheckResponse().setInputs(request.getNews())),
    // Nothing of a provider's inputs makes other resources.
    diffConfig: answer((request: pb.DiffRequest) =>
      diffResponse({ changed: changedIn(rawOf(request.getOlds()), rawOf(request.getNews())) }, {}, {}),
    ),
    configure: answer((request: pb.ConfigureRequest) => {
      plugin.configure?.(inClear(rawOf(request.getArgs())));
      return new messages.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
    }),
    check: answer((request: pb.CheckRequest, signal) =>
      inRun(request, signal, async (kind, run) => {
        const raw = valuesOf(request.getNews());
        const olds = inClear(valuesOf(request.getOlds()));
        const completed = completedBy(kind, raw, olds);
        const refused = guard?.check(request.getUrn(), inClear(raw), olds);
        const unsound = holdsUnknown(completed) ? [] : ((await kind.check?.(inClear(completed), olds, run)) ?? []);
        const problems = refused === undefined ? unsound : [refused];
        return new messages.CheckResponse()
          .setInputs(messageOf(completed))
          .setFailuresList(problems.map((reason) => new messages.CheckFailure().setReason(reason)));
      }),
    ),
    diff: answer((request: pb.DiffRequest, signal) =>
      inRun(request, signal, async (kind, run) => {
        const olds = inClear(valuesOf(request.getOlds()));
        const news = inClear(valuesOf(request.getNews()));
        guard?.compare(request.getUrn(), olds);
        return diffResponse(await differenceOf(kind, olds, news, run), olds, news);
      }),
    ),
    create: answer(
      (request: pb.CreateRequest, signal) =>
        inRun(request, signal, async (kind, run) => {
          const raw = valuesOf(request.getProperties());
          const secret = [...secretKeys(raw), ...(kind.secrets ?? [])];
          if (request.getPreview()) {
            const foreseen = kind.foresee?.(inClear(raw), undefined);
            return new messages.CreateResponse().setProperties(messageOf({ ...raw, ...foreseen }, secret));
          }
          guard?.create(request.getUrn());
          const { id, outs } = await noting(secret, kind.create(inClear(raw), run));
          return new messages.CreateResponse().setId(id).setProperties(messageOf(outs, secret));
        }),
      timeout,
    ),
    read: answer(
      (request: pb.ReadRequest, signal) =>
        inRun(request, signal, async (kind, run) => {
          const raw = valuesOf(request.getProperties());
          const before = valuesOf(request.getInputs());
          const found = await kind.read(request.getId(), inClear(raw), run);
          if (found === undefined) return new messages.ReadResponse();
          const secret = [...secretKeys({ ...before, ...raw }), ...(kind.secrets ?? [])];
          const isImported = Object.keys(before).length === 0;
          const isAsItWas = isDeepStrictEqual(found.outs, inClear(raw));
          const inputs = isImported
            ? (found.inputs ?? {})
            : isAsItWas
              ? before
              : await drifted(kind, found.outs, inClear(before), run);
          return new messages.ReadResponse()
            .setId(found.id)
            .setProperties(messageOf(found.outs, secret))
            .setInputs(messageOf(inputs, secret));
        }),
      timeout,
    ),
    update: answer(
      (request: pb.UpdateRequest, signal) =>
        inRun(request, signal, async (kind, run) => {
          const olds = valuesOf(request.getOlds());
          const raw = valuesOf(request.getNews());
          const secret = [...secretKeys(raw), ...(kind.secrets ?? [])];
          if (request.getPreview()) {
            const outs = { ...olds, ...raw, ...kind.foresee?.(inClear(raw), inClear(olds)) };
            return new messages.UpdateResponse().setProperties(messageOf(outs, [...secret, ...secretKeys(olds)]));
          }
          const outs = await noting(secret, kind.update(request.getId(), inClear(olds), inClear(raw), run));
          return new messages.UpdateResponse().setProperties(messageOf(outs, secret));
        }),
      timeout,
    ),
    delete: answer(
      (request: pb.DeleteRequest, signal) =>
        inRun(request, signal, async (kind, run) => {
          const outs = inClear(valuesOf(request.getProperties()));
          guard?.delete(request.getUrn(), outs);
          await kind.delete(request.getId(), outs, run);
          return new empty.Empty();
        }),
      timeout,
    ),
  };
  return {
    handlers,
    end: () => {
      calls.cancel();
      engine?.close();
    },
  };
}

function runAt(urn: string, signal: AbortSignal, { shared, engine }: { shared: object; engine?: Engine }): Run {
  return {
    engine: shared,
    signal,
    say: (line) => engine?.say(urn, line),
    warn: (text) => engine?.warn(urn, text),
  };
}

/** The inputs with those that are worked out; secrets and what is not known stay as they came. */
function completedBy(kind: AnyKind, raw: Props, olds: Props): Props {
  if (!kind.complete) return raw;
  const news = inClear(raw);
  const completed = kind.complete(news, olds);
  const changed = changedIn(news, completed);
  return { ...raw, ...Object.fromEntries(changed.map((key) => [key, completed[key]])) };
}

/** The inputs that a program gave, with what is there now in the place of what departed: so a refresh shows it. */
async function drifted(kind: AnyKind, outs: Props, before: Props, run: Run): Promise<Props> {
  const { changed } = await differenceOf(kind, outs, before, run);
  const departed = changed.filter((key) => key in before && key in outs);
  return { ...before, ...Object.fromEntries(departed.map((key) => [key, outs[key]])) };
}

/** What is half made is noted with its secrets as secrets. */
async function noting<T>(secret: readonly string[], work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof HalfMade)) throw error;
    const { id, outs } = error.made;
    throw new MadeAndFailed(error, { id, properties: messageOf(outs, secret) });
  }
}

const changedIn = (olds: Props, news: Props): string[] =>
  changedKeys([...new Set([...Object.keys(olds), ...Object.keys(news)])], olds, news);
