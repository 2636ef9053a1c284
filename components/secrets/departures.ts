import * as pulumi from "@pulumi/pulumi";

/** Who may come in, and by what: another text is another way in. */
export type Holders = Readonly<Record<string, string>>;

interface Inputs {
  holders: Holders;
  count: number;
}

// The engine keeps the text of these functions in state and runs it in a plain Node process: no import, no captured variable.
const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs> = {
  // Counted when inputs are checked, which a preview does as well: so it knows whether what hangs on the count changes. The first number is
  // any: a stack of an older version never counted, and nobody knows who left it.
  check(olds: Partial<Inputs>, news) {
    const { randomInt } = process.getBuiltinModule("node:crypto");
    const left = Object.entries(olds.holders ?? {}).some(([who, by]) => news.holders[who] !== by);
    const before = olds.count ?? randomInt(1, 2 ** 31);
    return Promise.resolve({ inputs: { ...news, count: left ? before + 1 : before }, failures: [] });
  },
  create: (inputs) => Promise.resolve({ id: "departures", outs: inputs }),
  update: (_id, _olds, news) => Promise.resolve({ outs: news }),
  diff(_id, olds, news) {
    const textOf = ({ holders, count }: Inputs) => JSON.stringify([count, Object.entries(holders).sort()]);
    return Promise.resolve({ changes: textOf(olds) !== textOf(news), replaces: [] });
  },
};

/**
 * Counts how often somebody lost a way in: was taken out, or comes in by something else. Who is added changes nothing. What was handed out
 * under one number must not open anything under the next.
 */
export class Departures extends pulumi.dynamic.Resource {
  declare count: pulumi.Output<number>;

  /** @param holders each an input of its own, so that one which is not known yet hides no other. Kept as secrets. */
  constructor(
    name: string,
    holders: Readonly<Record<string, pulumi.Input<string>>>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      provider,
      name,
      { holders, count: undefined },
      { ...opts, additionalSecretOutputs: ["holders"] },
      "secrets",
      "Departures",
    );
  }
}
