import type * as auto from "@pulumi/pulumi/automation/index.js";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { orRefusal } from "./refusal.ts";

/** What stands in the place of a secret. */
export const HIDDEN = "[secret]";

/** Whether this is the envelope in which the engine keeps a secret: it shows some as such, with their text masked. */
export function isEnvelope(value: object): boolean {
  return (value as Record<string, unknown>)[specialSigKey] === specialSecretSig;
}

/** A value as the engine's events have it, with its secrets hidden as everywhere else. */
export function secretsHidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(secretsHidden);
  if (typeof value !== "object" || value === null) return value;
  if (isEnvelope(value)) return HIDDEN;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, secretsHidden(part)]));
}

/** A stack's outputs as plain values. Secrets are hidden unless asked for: the engine hands them over in clear. */
export async function readOutputs(
  stack: auto.Stack,
  { showSecrets }: { showSecrets: boolean },
): Promise<Record<string, unknown>> {
  const outputs = await orRefusal(stack.outputs());
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { value, secret }]): [string, unknown] => [
      name,
      secret && !showSecrets ? HIDDEN : value,
    ]),
  );
}
