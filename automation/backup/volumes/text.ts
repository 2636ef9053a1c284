import { listOf, sizeText } from "../text.ts";
import { dateText } from "../kept/stamps.ts";
import type { Told } from "../told.ts";
import type { VolumeBackup } from "./restore.ts";

/** What came of writing a volume back. */
export function restoredVolumeText(told: Told, isDryRun: boolean): string {
  const { outcome, why, failed = [] } = told;
  if (outcome === "held" || outcome === "refused") return `Nothing was done: ${why ?? "no reason is given"}`;
  return [
    ...(isDryRun ? ["Dry run: nothing was changed."] : []),
    ...backupsOf(told).flatMap((one) => linesOf(one, isDryRun)),
    ...(outcome === "incomplete" ? ["It did not come to its end: ask for the same again, and it goes on."] : []),
    ...listOf("Failed:", failed),
  ].join("\n");
}

function linesOf({ what, stamp = "", restored }: VolumeBackup, isDryRun: boolean): string[] {
  if (!restored) return [];
  const { files, bytes, folders, links, same, replaced, kept, keptNamed, ofOthers } = restored;
  const written = isDryRun ? "would be written" : "written";
  const more = kept > keptNamed.length ? `, and ${kept - keptNamed.length} more` : "";
  return [
    `${what} of ${dateText(stamp)}: ${count(files, "file")} of ${sizeText(bytes)} ${written}, ${replaced} of them in an older one's place; ${same} are there as they were. ${isDryRun ? "To be made" : "Made"}: ${count(folders, "folder")}, ${count(links, "link")}.`,
    ...(kept > 0 ? [`Left alone (--overwrite replaces them): ${keptNamed.join(", ")}${more}`] : []),
    ...(ofOthers > 0 ? [`${count(ofOthers, "file")} were another user's, and are now of the Job's.`] : []),
  ];
}

/** What came of holding the bucket against a backup. */
export function checkedVolumeText(told: Told, isWhole: boolean): string {
  const { outcome, why, failed = [] } = told;
  if (outcome === "held" || outcome === "refused") return `Nothing was done: ${why ?? "no reason is given"}`;
  const how = isWhole ? "was read, and is what was written" : "is in the bucket, of its size";
  const well = backupsOf(told).map(
    ({ what, stamp = "", counts = {} }) =>
      `${what} of ${dateText(stamp)}: each of ${count(counts["files"] ?? 0, "file")} ${how}.`,
  );
  return [...(failed.length === 0 ? well : []), ...listOf("Failed:", failed)].join("\n");
}

/** A volume's run has more to say of a backup than others. */
const backupsOf = ({ backups = [] }: Told): readonly VolumeBackup[] => backups;

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? "" : "s"}`;
