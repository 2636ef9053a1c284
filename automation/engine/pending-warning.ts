import type * as auto from "@pulumi/pulumi/automation/index.js";
import { pendingText, settlePending } from "./pending.ts";
import { parseUrn } from "./urn.ts";

/** What the engine warns of where a killed run had something under way. (pulumi: pkg/resource/deploy/deployment_executor.go) */
const WARNING = /^Attempting to deploy or update resources with \d+ pending operations/;

/**
 * The warnings of an `up` that came to its end. What killed runs had under way it has done again, and the state's marks of that go: what is
 * left to warn of is what this program does not ask for any more.
 */
export async function afterPending(stack: auto.Stack, warnings: readonly string[]): Promise<string[]> {
  const others = warnings.filter((text) => !WARNING.test(text));
  if (others.length === warnings.length) return others;
  const settled = await settlePending(stack);
  const forgotten = settled.filter(({ found }) => found !== "in state" && found !== "absent");
  return [...others, ...forgotten.map((pending) => pendingText(pending, "not asked for"))];
}

/** A warning without the engine's advice, where that is about what the next `up` does by itself. */
export function withoutAdvice(text: string): string {
  if (!WARNING.test(text)) return text;
  const names = [...text.matchAll(/^ {2}\* (\S+), interrupted while (\w+)$/gm)].map(([, urn = "", doing]) => {
    const { kind, short } = parseUrn(urn);
    return `${kind} ${short} (${doing ?? ""})`;
  });
  return `A run that was killed had this under way, and the next up does it again: ${names.join(", ")}.`;
}
