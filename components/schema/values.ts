import { secret as secretOutput, type Output } from "@pulumi/pulumi/output.js";
import semver from "semver";
import * as z from "zod";
import { amountOf } from "./quantity.ts";
import { BLANK_ENDS, UNSEEN, type Unfit } from "./unfit-secrets.ts";

/** A value that `pulumi config set --secret` encrypted and that only the engine can read. */
export class Sealed {
  readonly ciphertext: string;

  constructor(ciphertext: string) {
    this.ciphertext = ciphertext;
  }
}

/** Marks a schema's place in the JSON Schema as one that takes an encrypted value. */
export const SECRET_META = { secret: true } as const;

/** Marks a schema whose texts may have lines, or stand in a map or list that has such texts. */
export const LINES_META = { lines: true } as const;

/**
 * Text that must never be seen. In a stack file it is a `secure:` entry; in the program it is a secret Output from here on.
 * `config check` meets it encrypted, so only the program can check it.
 * @param rules.unfit what it must not have. Default: what no password survives, control characters and blanks at its ends.
 */
export function secretText(rules: { min?: number; max?: number; unfit?: readonly Unfit[] } = {}) {
  const { min = 1, max = 4096, unfit = [UNSEEN, BLANK_ENDS] } = rules;
  const text = z
    .string()
    .min(min)
    .max(max)
    .superRefine((secret, context) => {
      const found = unfit.find(({ refuses }) => refuses.test(secret));
      if (found) context.addIssue({ code: "custom", message: found.message });
    });
  return z
    .union([text, z.instanceof(Sealed)], "must be text, set with pulumi config set --secret")
    .transform((secret): Output<string> => secretOutput(secret instanceof Sealed ? "" : secret))
    .meta(SECRET_META);
}

/** A secret that passes through more hands than a password as a rule does. */
export function passwordFor(...unfit: readonly Unfit[]) {
  return secretText({ min: 8, unfit: [UNSEEN, BLANK_ENDS, ...unfit] });
}

const SIZE = /^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/;

/** A Kubernetes quantity of bytes, such as `50Gi`. */
export const bytes = z
  .string()
  .regex(SIZE, "must be a size such as 50Gi or 512Mi")
  .refine((size) => !SIZE.test(size) || isCounted(size), "must be at most 8191Ti")
  .meta({ examples: ["50Gi"] });

/** A check of a size in bytes behind {@link bytes}, which has told already what is no size: each fault has one message. */
export function sizeWhere(holds: (size: number) => boolean): (size: string) => boolean {
  return (size) => !SIZE.test(size) || !isCounted(size) || holds(bytesOf(size));
}

/** Whether a number holds a size to the byte. One with too many digits is no quantity at all. */
const isCounted = (size: string) => (amountOf(size) ?? Infinity) <= Number.MAX_SAFE_INTEGER;

/** The number of bytes of a Kubernetes quantity. */
export function bytesOf(quantity: string): number {
  const amount = amountOf(quantity);
  if (amount === undefined) throw new RangeError(`not a size in bytes: ${quantity}`);
  return amount;
}

/** Node's timers, and those of 32 bits elsewhere, count no further: a longer one would end at once. (nodejs.org, setTimeout) */
const LONGEST_MS = 2 ** 31 - 1;

const SPAN = /^[1-9][0-9]*(s|m|h)$/;

/** A time span such as `90s`, `15m` or `1h`. */
export const timeSpan = z
  .string()
  .regex(SPAN, "must be a time span such as 90s, 15m or 1h")
  .refine(
    spanWhere((span) => span <= LONGEST_MS),
    "must be at most 596h",
  )
  .meta({ examples: ["15m"] });

/** The same of a time span in milliseconds behind {@link timeSpan}. */
export function spanWhere(holds: (span: number) => boolean): (span: string) => boolean {
  return (span) => !SPAN.test(span) || holds(millisecondsOf(span));
}

const TIME_UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a time span accepted by {@link timeSpan}. */
export function millisecondsOf(span: string): number {
  return Number(span.slice(0, -1)) * (TIME_UNITS[span.slice(-1)] ?? 1);
}

/** A version of a program or a chart. */
export const release = z
  .string()
  .refine((text) => /^[\d.]+$/.test(text) && semver.valid(text) !== null, "must be a whole version such as 2.64.0");

/** What YAML reads as no text: charts write names without quotes, and the API server takes no number for one. (yaml.org, 1.1: bool, null, int, float) */
const NO_TEXT =
  /^(~|null|true|false|yes|no|on|off|y|n|[-+]?\.?[0-9][0-9_.]*(e[-+]?[0-9]+)?|0x[0-9a-f_]+|0o?[0-7_]+|0b[01_]+|[-+]?\.(inf|nan))$/i;

/** Whether YAML reads a name as text where it stands without quotes. */
export const isYamlText = (name: string) => !NO_TEXT.test(name);

/** A name as Kubernetes labels have it (RFC 1123). */
export const dnsLabel = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be lower-case letters, digits and '-', as Kubernetes names are")
  .refine(isYamlText, "must not be a number or a word of YAML such as true or off");
