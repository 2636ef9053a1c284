import type * as auto from "@pulumi/pulumi/automation/index.js";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { orRefusal } from "./refusal.ts";

/** What stands in the place of a secret. */
export const HIDDEN = "[secret]";

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

/** Whether a value of an event is the envelope in which the engine keeps a secret: of some resources it shows that, of others the word. */
export function isEnvelope(value: object): boolean {
  return (value as Record<string, unknown>)[specialSigKey] === specialSecretSig;
}

/** Outputs as an event has them, with every secret hidden alike. */
export function hiddenIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hiddenIn);
  if (typeof value !== "object" || value === null) return value;
  if (isEnvelope(value)) return HIDDEN;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, hiddenIn(part)]));
}
