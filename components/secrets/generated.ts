import * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../records/resource.ts";
import type { GeneratedTextInputs } from "./records/generated-text.ts";

/** Letters and digits: safe unquoted in HOCON, in URLs, in shell and in connection strings. */
export const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** How long a password is that nobody gave: one that people type, and one that programs hand each other. One that was made stays as it is. */
export const PASSWORD_LENGTH = { typed: 24, handedOver: 32 } as const;

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

/** A secret made once and kept encrypted in state, never shown: the same in every later `up` until its rotation is another. */
export class GeneratedText extends OwnResource {
  declare value: pulumi.Output<string>;

  constructor(name: string, args: GeneratedTextArgs, opts?: pulumi.CustomResourceOptions) {
    const alphabet = args.alphabet ?? LETTERS_AND_DIGITS;
    const inputs = {
      length: args.length,
      alphabet,
      first: args.first ?? (alphabet.replace(/[^A-Za-z]/g, "") || alphabet),
      rotation: args.rotation ?? 0,
    } satisfies pulumi.Inputs & Record<keyof GeneratedTextInputs, unknown>;
    super(name, "secrets:GeneratedText", inputs, ["value"], opts);
    // Not known before the first up, and what is not known yet is not marked: without this, nobody at preview could tell it for a secret.
    this.value = pulumi.secret(this.value);
  }
}
