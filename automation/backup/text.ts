import { textTable } from "../report/table.ts";
import type { ListedBackup } from "./kept/listing.ts";
import { dateText } from "./kept/stamps.ts";
import type { Standing } from "./runs.ts";
import type { Told } from "./told.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `3.4 MiB`. */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power] ?? ""}`;
}

/** Backups, a line each. */
export function listText(backups: readonly ListedBackup[]): string {
  if (backups.length === 0) return "There are no backups yet. Make one: npm run platform -- backup create";
  const rows = backups.map((one) => [
    dateText(one.stamp),
    one.project
      ? `${one.organization ?? ""}/${one.project.name} (${one.project.id})`
      : (one.database ?? one.volume ?? one.kind),
    [...(one.lightweight ? ["lightweight"] : []), ...withoutText(one)].join(", "),
    sizeText(one.zip?.bytes ?? one.dump?.bytes ?? one.bytes ?? 0),
    one.bad ?? countsText(one.counts ?? {}),
  ]);
  return textTable(["made", "of", "", "size", ""], rows);
}

/** `without 2 tasks`: those that CVAT has no pictures of. */
function withoutText({ leftOut = [] }: ListedBackup): string[] {
  const count = leftOut.filter(({ id }) => id !== undefined).length;
  return count === 0 ? [] : [`without ${count} ${count === 1 ? "task" : "tasks"}`];
}

/** `2 tasks, 3 jobs, 63 frames, 3 shapes`; of a database nothing, whose tables are many. */
function countsText(counts: Readonly<Record<string, number>>): string {
  const named = ["tasks", "jobs", "frames", "tags", "shapes", "tracks", "files", "folders", "links"].filter(
    (name) => counts[name] !== undefined,
  );
  return named
    .filter((name) => counts[name] !== 0)
    .map((name) => `${counts[name] ?? 0} ${name}`)
    .join(", ");
}

/** Some things with why, under a title; nothing where there are none. */
export const listOf = (title: string, all: readonly { what: string; why: string }[]): string[] =>
  all.length === 0 ? [] : [title, ...all.map((one) => `  ${one.what}: ${one.why}`)];

/** What a run that somebody asked for came to. */
export function resultText(told: Told): string {
  const { outcome, why, backups = [], failed = [], leftOut = [], notCovered = [] } = told;
  if (outcome === "held" || outcome === "refused") return `Nothing was done: ${why ?? "no reason is given"}`;
  const bytes = backups.reduce((sum, { bytes: own = 0 }) => sum + own, 0);
  return [
    `${backups.length} ${backups.length === 1 ? "backup" : "backups"} of ${sizeText(bytes)}${outcome === "incomplete" ? "; the run did not come to its end" : ""}.`,
    ...listOf("Failed:", failed),
    ...listOf("Left out:", leftOut),
    ...listOf("Not covered:", notCovered),
  ].join("\n");
}

/** What several runs came to, one after the other. */
export const resultsText = (runs: readonly (Told & { job: string })[]): string =>
  runs.map((told) => (runs.length === 1 ? resultText(told) : `${told.job}: ${resultText(told)}`)).join("\n");

const NONE_ON = "Backups: none is on, see vision-platform:backup.";

/** How it is with backups, a line for each place, and then what is wrong. */
export function statusText(standings: readonly Standing[]): string {
  if (standings.length === 0) return NONE_ON;
  const rows = standings.map(({ name, last, lastWell }) => [
    name,
    last ? `${last.outcome}, ${dateText(last.stamp)}` : "never",
    lastWell ? dateText(lastWell) : "never",
    last ? String(last.backups.length) : "",
  ]);
  const problems = standings.flatMap((one) => one.problems);
  const failures = standings.flatMap(({ last }) => last?.failed ?? []).map(({ what, why }) => `  ${what}: ${why}`);
  const leftOut = standings.flatMap(({ last }) => last?.leftOut ?? []);
  const notCovered = standings.flatMap(({ last }) => last?.notCovered ?? []);
  const told = [...listOf("Left out:", leftOut), ...listOf("Not covered:", notCovered)];
  return [
    textTable(["backups of", "last run", "last that was well", "in it"], rows),
    ...(problems.length > 0 ? ["", ...problems, ...failures] : []),
    ...(told.length > 0 ? ["", ...told] : []),
  ].join("\n");
}

/** The same in one line, for `up`'s summary. */
export function statusLine(standings: readonly Standing[]): string {
  if (standings.length === 0) return NONE_ON;
  const problems = standings.flatMap((one) => one.problems);
  if (problems.length > 0) return `Backups: ${problems.join("; ")}. More: npm run platform -- backup status`;
  const made = standings.map(({ name, lastWell = "" }) => `${name} ${dateText(lastWell)}`);
  return `Backups: ${made.join(", ")}.`;
}
