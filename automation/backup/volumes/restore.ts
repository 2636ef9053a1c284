import { cronJobName } from "../../../components/backup/cron-jobs.ts";
import type { BackupPlan } from "../../../components/backup/plan.ts";
import { writing } from "../../../components/backup/volumes/volume-pod.ts";
import type { VolumeName } from "../../../components/backup/volumes/volume.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { DataFlags } from "../../data/connect/lab.ts";
import { allByHand, type ByHand } from "../by-hand.ts";
import type { Told } from "../told.ts";

export interface VolumeAsked {
  volume: VolumeName;
  /** Stamp of the backup. Default: the newest that is well. */
  backup?: string | undefined;
}

export interface RestoreVolume extends VolumeAsked {
  /** Whether what is newer in the volume is replaced. Default: it stays, and is told. */
  overwrite?: boolean | undefined;
  /** Says what would be done, and does nothing. */
  dryRun?: boolean | undefined;
}

export interface VerifyVolume extends VolumeAsked {
  /** Whether every byte is read. */
  whole?: boolean | undefined;
}

/** A volume's backup, with what was, or would be, written back. (components/backup/script/writing_back.py) */
export interface VolumeBackup {
  what: string;
  stamp?: string;
  counts?: Readonly<Record<string, number>>;
  restored?: {
    files: number;
    bytes: number;
    folders: number;
    links: number;
    /** Files that are there as they were backed up. */
    same: number;
    /** Of those written: in an older one's place. */
    replaced: number;
    /** Left alone, being newer. */
    kept: number;
    /** The first few of those. */
    keptNamed: readonly string[];
    /** Written, and now another user's than they were. */
    ofOthers: number;
  };
}

export type ToldOfVolume = Told & { job: string };

/**
 * Writes a volume's files back, by a Job that may write into it beside who uses it. What is gone comes, what is older is replaced, what is newer
 * stays; nothing is taken away. Every run may be killed, and the next goes on.
 * @returns what came of it: `outcome` is well, failed (some files could not be written), incomplete (the volume is full), refused (there is no such
 *   backup, or no room), or held (another run of the same volume is at work)
 * @throws UserError where the stack does not back it up, and where the Job has no end
 */
export const restoredVolume = (flags: DataFlags, asked: RestoreVolume): Promise<ToldOfVolume> =>
  only(flags, (plan) => restoreJob(plan, asked));

/** Holds the bucket against a backup's list. */
export const verifiedVolume = (flags: DataFlags, { volume, backup, whole }: VerifyVolume): Promise<ToldOfVolume> =>
  only(flags, (plan) => ({
    ...jobOf(plan, volume),
    title: `Holding the bucket against the backup of ${volume}`,
    request: { check: backup ?? null, whole },
  }));

/** The Job of {@link restoredVolume}. */
export function restoreJob(plan: BackupPlan, { volume, backup, overwrite, dryRun }: RestoreVolume): ByHand {
  const stamp = backup ?? null;
  if (dryRun)
    return {
      ...jobOf(plan, volume),
      title: `Looking at ${volume}`,
      request: { look: stamp, overwrite },
    };
  return {
    ...jobOf(plan, volume),
    title: `Writing ${volume} back`,
    request: { restore: stamp, overwrite },
    change: writing,
  };
}

function jobOf({ volumes }: BackupPlan, name: VolumeName): Pick<ByHand, "part" | "cronJob" | "namespace"> {
  const volume = volumes.find((one) => one.name === name);
  if (volume) return { part: "volumes", cronJob: cronJobName(name), namespace: volume.namespace };
  const there = volumes.length === 0 ? "none" : volumes.map((one) => one.name).join(", ");
  throw new UserError(
    `This stack does not back up ${name}: see vision-platform:backup.volumes. It backs up ${there}.`,
    { exitCode: 2 },
  );
}

async function only(flags: DataFlags, wanted: (plan: BackupPlan) => ByHand): Promise<ToldOfVolume> {
  const [told] = await allByHand(flags, (plan) => [wanted(plan)]);
  if (told === undefined) throw new Error("a Job was asked for");
  return told;
}
