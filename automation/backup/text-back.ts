import { listOf } from "./text.ts";
import type { Told } from "./told.ts";

/** What came of looking at backups. @param how what was done to those that are well */
export function checkedText(told: Told, how: string): string {
  const { outcome, why, backups = [], failed = [], notCovered = [] } = told;
  if (outcome === "held" || outcome === "refused") return nothingText(why);
  return [
    `${countText(backups.length)} ${how}${outcome === "incomplete" ? "; the run did not come to its end" : ""}.`,
    ...listOf("Failed:", failed),
    ...listOf("Not covered:", notCovered),
  ].join("\n");
}

/** What came of putting projects back: what each is called, and what of it is lost. */
export function restoredText(told: Told, isDryRun: boolean): string {
  const { outcome, why, backups = [], failed = [] } = told;
  if (outcome === "held" || outcome === "refused") return nothingText(why);
  const done = isDryRun ? "would be restored; nothing was done" : "restored";
  const lines = backups.flatMap(({ what, project, lost = [] }) => [
    `  ${what}${project ? `: project ${project.id} \`${project.name}\`` : ""}`,
    ...lost.map((one) => `    lost: ${one}`),
  ]);
  return [
    `${countText(backups.length)} ${done}${outcome === "incomplete" ? "; the run did not come to its end: ask for the same again, and it goes on" : ""}.`,
    ...lines,
    ...listOf("Failed:", failed),
  ].join("\n");
}

const countText = (count: number): string => `${count} ${count === 1 ? "backup" : "backups"}`;
const nothingText = (why = "no reason is given"): string => `Nothing was done: ${why}`;
