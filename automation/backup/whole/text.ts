import { dumpText } from "../databases/report.ts";
import type { ListedBackup } from "../kept/listing.ts";
import { dateText } from "../kept/stamps.ts";
import { restoredText } from "../text-back.ts";
import type { Told } from "../told.ts";
import type { ToldOfVolume } from "../volumes/restore.ts";
import { restoredVolumeText } from "../volumes/text.ts";
import type { DatabaseStep } from "./database-step.ts";

/** What is to come back, and what is lost. */
export interface Foreseen {
  steps: readonly DatabaseStep[];
  /** The newest backup of each volume. */
  volumes: readonly ListedBackup[];
  projects: readonly ListedBackup[];
  lost: readonly string[];
}

/** What is said before anything is done. */
export function foreseenText({ steps, volumes, projects, lost }: Foreseen): string[] {
  return [
    "What comes back, from where:",
    ...steps.flatMap(stepText),
    ...volumes.map(
      ({ volume = "", stamp }) =>
        `  Volume ${volume}, of ${dateText(stamp)}: files that are gone, or older there. What is newer stays.`,
    ),
    ...projectsText(projects, steps),
    "What is lost:",
    ...lost.map((one) => `  ${one}.`),
  ];
}

function stepText({ title, is, look, stamp = "" }: DatabaseStep): string[] {
  if (is === "none") return [`  ${title}: there is no dump of it.`];
  if (is === "there")
    return [`  ${title}: it was put back as it was at ${dateText(stamp)}, and goes on from there. It stays.`];
  const losses = (look?.losses ?? []).map((line) => `      ${line}`);
  return [
    `  ${look === undefined ? title : dumpText(title, look.backup)}`,
    ...(losses.length > 0 ? ["    In its place there is now, or differs:", ...losses] : []),
  ];
}

function projectsText(projects: readonly ListedBackup[], steps: readonly DatabaseStep[]): string[] {
  if (projects.length === 0) return [];
  const hasDump = steps.some(({ engine, is }) => engine === "postgresql" && is !== "none");
  const names = projects.map(
    ({ organization = "", project, stamp }) => `    ${organization}/${project?.name ?? ""}, of ${dateText(stamp)}`,
  );
  const how = hasDump
    ? "  Projects whose backup is younger than that dump. One that CVAT has as the backup does stays, what another has beyond it comes beside it:"
    : "  Projects, each from its newest backup:";
  return [how, ...names];
}

/** Why nothing was done. */
export function occupiedText(steps: readonly DatabaseStep[]): string[] {
  const occupied = steps.filter(({ is }) => is === "occupied");
  return [
    "This lab is not empty, and nothing was changed:",
    ...occupied.flatMap(({ title, look }) => [
      `  ${title} has what its dump of ${dateText(look?.backup.stamp ?? "")} has not:`,
      ...(look?.losses ?? []).map((line) => `    ${line}`),
    ]),
    "To put the dump in its place, and lose that: --replace. Only what is gone of projects: --all-projects. One project: --project NAME.",
  ];
}

/** What was done. */
export function wholeText(
  foreseen: Pick<Foreseen, "steps">,
  {
    volumes,
    projects,
    next,
  }: { volumes: readonly ToldOfVolume[]; projects: Told | undefined; next: readonly string[] },
): string {
  const restored = foreseen.steps.filter(({ is }) => is === "lost" || is === "occupied");
  if (restored.length === 0 && volumes.length === 0 && projects === undefined) return "Nothing is to be brought back.";
  return [
    ...restored.map(({ title, stamp = "" }) => `${title} is as it was at ${dateText(stamp)}.`),
    ...volumes.map((told) => restoredVolumeText(told, false)),
    ...(projects === undefined ? [] : [restoredText(projects, false)]),
    ...(next.length > 0 ? ["Not all is back yet. Next:", ...next.map((one) => `  ${one}`)] : []),
  ].join("\n");
}
