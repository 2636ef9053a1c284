import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";

/** A value that `pulumi config set --secret` encrypted and that only the engine can read. */
export class Sealed {
  readonly ciphertext: string;

  constructor(ciphertext: string) {
    this.ciphertext = ciphertext;
  }
}

/** Marks a schema's place in the JSON Schema as one that takes an encrypted value. */
export const SECRET_META = { secret: true } as const;

/**
 * Text that must never be seen. In a stack file it is a `secure:` entry; in the program it is a secret Output from here on.
 * `config check` meets it encrypted, so only the program can check the length.
 */
export function secretText(rules: { min?: number; max?: number } = {}) {
  const { min = 1, max = 4096 } = rules;
  return z
    .union([z.string().min(min).max(max), z.instanceof(Sealed)], "must be text, set with pulumi config set --secret")
    .transform((text): pulumi.Output<string> => pulumi.secret(text instanceof Sealed ? "" : text))
    .meta(SECRET_META);
}

/** A Kubernetes quantity of bytes, such as `50Gi`. */
export const bytes = z
  .string()
  .regex(/^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/, "must be a size such as 50Gi or 512Mi")
  .meta({ examples: ["50Gi"] });

const BYTE_UNITS: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, "": 1 };

/** The number of bytes of a Kubernetes quantity with a binary suffix or none. */
export function bytesOf(quantity: string): number {
  const [, number = "", unit = ""] = /^([0-9.]+)([KMGT]i|)$/.exec(quantity) ?? [];
  const factor = BYTE_UNITS[unit];
  if (number === "" || factor === undefined) throw new RangeError(`not a size in bytes: ${quantity}`);
  return Number(number) * factor;
}

/** A time span such as `90s`, `15m` or `1h`. */
export const timeSpan = z
  .string()
  .regex(/^[1-9][0-9]*(s|m|h)$/, "must be a time span such as 90s, 15m or 1h")
  .meta({ examples: ["15m"] });

const TIME_UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a time span accepted by {@link timeSpan}. */
export function millisecondsOf(span: string): number {
  return Number(span.slice(0, -1)) * (TIME_UNITS[span.slice(-1)] ?? 1);
}

/** An IPv4 address. */
export const address = z.ipv4("must be an IPv4 address such as 192.0.2.20").meta({ examples: ["192.0.2.20"] });

/** A name as Kubernetes labels have it (RFC 1123). */
export const dnsLabel = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be lower-case letters, digits and '-', as Kubernetes names are");

/** Requests and limits of one container, as Kubernetes has them. */
export const resources = z.strictObject({
  requests: z
    .record(z.string(), z.string())
    .optional()
    .describe("What the scheduler sets aside, for example { cpu: 500m, memory: 1Gi }."),
  limits: z.record(z.string(), z.string()).optional().describe("What the container may use at most."),
});

/** A taint of nodes that pods are put up with, as Kubernetes has it. */
export const toleration = z.strictObject({
  key: z.string().optional().describe("Key of the taint. Left out, with `operator: Exists`: every taint."),
  operator: z.enum(["Equal", "Exists"]).default("Equal").describe("How `value` is compared."),
  value: z.string().optional().describe("Value of the taint."),
  effect: z
    .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
    .optional()
    .describe("Effect of the taint. Default: any."),
});
