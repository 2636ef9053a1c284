import * as pulumi from "@pulumi/pulumi";

/**
 * What a kind of REST record can do. The module that exports it as `record` is loaded at run time, so it may import what it likes, and a
 * change of its code is no change of any resource. What it throws reaches the person as the error's message: a sentence, no secret in it.
 */
export interface RecordHandler<Inputs extends object, Outs extends Inputs = Inputs> {
  /**
   * What is wrong with the inputs, each as a sentence that names the key. Asks no system; not called while an input is unknown.
   * @param olds inputs of the last run; nothing in them for a record that is new
   */
  check?(news: Inputs, olds: Partial<Inputs>): string[] | Promise<string[]>;
  /**
   * Makes the record, or takes over the one of the same natural key: an earlier run may have died after making it.
   * @throws HalfMade where it is there and is not what it should be
   */
  create(inputs: Inputs): Promise<{ id: string; outs: Outs }>;
  /** The record as it is; undefined when it is gone. */
  read(id: string, outs: Outs): Promise<{ id: string; outs: Outs } | undefined>;
  update(id: string, olds: Outs, news: Inputs): Promise<Outs>;
  /** Removes it. One that is gone already is no error. */
  delete(id: string, outs: Outs): Promise<void>;
  /** Compares what matters. Pure; an unknown input compares as different. */
  diff(olds: Outs, news: Inputs): { changes: boolean; replaces?: (keyof Inputs & string)[] };
}

export interface RecordOptions {
  /** Outputs the record adds to its inputs. */
  outs?: readonly string[];
  /** Outputs that are secret though no secret input has their name. */
  secrets?: string[];
}

type Properties = Record<string, unknown>;
type Handler = RecordHandler<Properties>;

// The engine keeps the text of these functions in state and runs it in a plain Node process. So the text is only a door to a loader in the
// checkout, which it finds by the node_modules it was itself loaded from. (pulumi.md, section 4)
const load = (properties: Properties): Promise<Handler> => {
  const { createRequire } = process.getBuiltinModule("node:module");
  const script = process.argv[1] ?? "";
  const checkout = script.slice(0, script.lastIndexOf("node_modules"));
  const loader = createRequire(`${checkout}package.json`)("./components/records/load.cjs") as (
    handler: unknown,
  ) => Promise<Handler>;
  return loader(properties["handler"]);
};

/** What the engine hands over that is not the record's own. */
const own = (properties: Properties): Properties => {
  const rest = { ...properties };
  delete rest["__provider"];
  delete rest["handler"];
  return rest;
};

/**
 * Runs work whose errors are sentences for a person: the provider process would write their stack traces too. Of a record that is half made,
 * the engine is told what to note. (pulumi: cmd/dynamic-provider, grpcResponseFromError)
 */
const plainly = async <T>(properties: Properties, work: (handler: Handler) => T): Promise<Awaited<T>> => {
  try {
    return await work(await load(properties));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const { made } = error as { made?: { id: string; outs: Properties } };
    const noted = made && { id: made.id, properties: { ...properties, ...made.outs }, reasons: [text] };
    throw Object.assign(new Error(text), { stack: "", ...noted });
  }
};

const provider: pulumi.dynamic.ResourceProvider<Properties, Properties> = {
  check: (olds, news) =>
    plainly(news, async (handler) => {
      const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
      const inputs = own(news);
      const isKnown = !JSON.stringify(inputs).includes(unknown);
      const failures = (isKnown && (await handler.check?.(inputs, own(olds)))) || [];
      return { inputs: news, failures: failures.map((reason) => ({ property: "", reason })) };
    }),
  create: (inputs) =>
    plainly(inputs, async (handler) => {
      const { id, outs } = await handler.create(own(inputs));
      return { id, outs: { ...outs, handler: inputs["handler"] } };
    }),
  read: (id, properties = {}) =>
    plainly(properties, async (handler) => {
      const found = await handler.read(id, own(properties));
      return found ? { id: found.id, props: { ...properties, ...found.outs } } : {};
    }),
  update: (id, olds, news) =>
    plainly(news, async (handler) => {
      const outs = await handler.update(id, own(olds), own(news));
      return { outs: { ...outs, handler: news["handler"] } };
    }),
  delete: (id, properties) => plainly(properties, (handler) => handler.delete(id, own(properties))),
  diff: (_id, olds, news) =>
    plainly(news, (handler) => {
      const { changes, replaces } = handler.diff(own(olds), own(news));
      return { changes, replaces: replaces ?? [] };
    }),
};

/**
 * One record of a system's REST API: a cloud storage, an organization, a function, a queue.
 * `handler` is the module that exports `record`, relative to `components/` and without its ending: `cvat/records/cloud-storage`.
 */
export class RestRecord extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    handler: string,
    inputs: pulumi.Inputs,
    { outs = [], secrets = [] }: RecordOptions = {},
    opts?: pulumi.CustomResourceOptions,
  ) {
    const learned = Object.fromEntries(outs.map((key) => [key, undefined]));
    super(
      provider,
      name,
      { ...learned, ...inputs, handler },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: secrets }),
      ...typeOf(handler),
    );
  }

  /** An input or a learned output by its name. */
  output<T>(key: string): pulumi.Output<T> {
    return (this as unknown as Record<string, pulumi.Output<T>>)[key] as pulumi.Output<T>;
  }
}

/** `cvat/records/cloud-storage` is of type `pulumi-nodejs:cvat:CloudStorage`. */
function typeOf(handler: string): [module: string, type: string] {
  const parts = handler.split("/");
  const kind = (parts.at(-1) ?? "").split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return [parts[0] ?? "", kind.join("")];
}
