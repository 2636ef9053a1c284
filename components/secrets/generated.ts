import * as pulumi from "@pulumi/pulumi";

/** Letters and digits: safe unquoted in HOCON, in URLs, in shell and in connection strings. */
export const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export interface GeneratedTextArgs {
  /** Number of characters. */
  length: number;
  /** Characters to draw from. Default: letters and digits. */
  alphabet?: string;
  /** Characters the first one is drawn from. Default: the alphabet's letters, if it has any, since HOCON reads `123` and `5d` as numbers and durations. */
  first?: string;
  /** Another number, another text. Default: the first one stays for good. */
  rotation?: pulumi.Input<number>;
}

interface Inputs {
  length: number;
  alphabet: string;
  first: string;
  rotation: number;
}

// The engine keeps the text of these functions in state and runs it in a plain Node process: no import, no captured variable.
const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs & { value: string }> = {
  create(inputs) {
    const { randomInt } = process.getBuiltinModule("node:crypto");
    const draw = (from: string) => from.charAt(randomInt(from.length));
    const rest = Array.from({ length: inputs.length - 1 }, () => draw(inputs.alphabet));
    const value = draw(inputs.first) + rest.join("");
    return Promise.resolve({ id: "generated", outs: { ...inputs, value } });
  },
  // What was made once stays: a changed rule is for new stacks, or for the next rotation.
  diff: (_id, olds, news) => {
    const changes = olds.rotation !== news.rotation;
    return Promise.resolve({ changes, replaces: changes ? ["rotation"] : [] });
  },
};

/** A secret made once and kept encrypted in state, never shown: the same in every later `up` until its rotation is another. */
export class GeneratedText extends pulumi.dynamic.Resource {
  declare value: pulumi.Output<string>;

  constructor(name: string, args: GeneratedTextArgs, opts?: pulumi.CustomResourceOptions) {
    const alphabet = args.alphabet ?? LETTERS_AND_DIGITS;
    const inputs: pulumi.Inputs = {
      length: args.length,
      alphabet,
      first: args.first ?? (alphabet.replace(/[^A-Za-z]/g, "") || alphabet),
      rotation: args.rotation ?? 0,
      value: undefined,
    };
    super(provider, name, inputs, { ...opts, additionalSecretOutputs: ["value"] }, "secrets", "GeneratedText");
    // Not known before the first up, and what is not known yet is not marked: without this, nobody at preview could tell it for a secret.
    this.value = pulumi.secret(this.value);
  }
}
