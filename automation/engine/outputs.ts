import type * as auto from "@pulumi/pulumi/automation/index.js";
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
