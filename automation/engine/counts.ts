import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { isWait, tokenOf } from "../../components/records/tokens.ts";

/** Key of what was not looked at among the counts of what happened to resources. */
export const UNSEEN = "unseen";

/** `3 to create, 1 to update, 117 unchanged`, or in the past. */
export function countsText(counts: Record<string, number>, words: "will" | "did"): string {
  const rows: readonly [string, string, string][] = [
    ["create", "to create", "created"],
    ["update", "to update", "updated"],
    ["replace", "to replace", "replaced"],
    ["delete", "to delete", "deleted"],
    ["import", "to import", "imported"],
    ["same", "unchanged", "unchanged"],
    [UNSEEN, "not looked at", "not looked at"],
  ];
  const parts = rows.flatMap(([key, will, did]) => {
    const count = counts[key] ?? 0;
    return count > 0 ? [`${count} ${words === "will" ? will : did}`] : [];
  });
  return parts.length > 0 ? parts.join(", ") : "nothing";
}

/**
 * What a run did, as the engine counts it, without what only waits. To the engine all is unchanged that the program asks for as before: what
 * lives in an object store that was not looked at is counted for itself.
 */
export function countsIn(events: readonly EngineEvent[]): Record<string, number> {
  const all = events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent?.resourceChanges ?? {};
  const steps = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
  const waits = steps.filter(({ type }) => isWait(type));
  const counts = Object.fromEntries(
    Object.entries(all)
      .map(([op, count]) => [op, count - waits.filter((step) => step.op === op).length] as const)
      .filter(([, count]) => count > 0),
  );
  const presence = steps.find(({ type }) => tokenOf(type) === "storage:Presence");
  if (presence?.new?.inputs["seen"] !== false) return counts;
  const unseen = steps.filter(({ op, type }) => op === "same" && type.startsWith("minio:")).length;
  return { ...counts, same: (counts["same"] ?? 0) - unseen, [UNSEEN]: unseen };
}
