import { cronJobName } from "../../components/backup/cron-jobs.ts";
import { ENGINES } from "../../components/backup/databases/database.ts";
import type { BackupPlan } from "../../components/backup/plan.ts";
import type { System } from "../../components/preflight/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import { byHand } from "../backup/by-hand.ts";
import { listedBackups, type ListedBackup } from "../backup/kept/listing.ts";
import { resultText } from "../backup/text.ts";
import { inDataLab } from "../data/connect/run.ts";
import type { Progress } from "../progress.ts";

type Flags = { stack: string; folder: string };

/** The database of a system, where this stack dumps it. */
export const dumpedOf = (plan: BackupPlan | undefined, system: System) =>
  plan?.databases.find(({ engine }) => engine === ENGINES[system]);

/** Dumps of a system's database, the newest first. */
export async function dumpsOf(
  system: System,
  plan: BackupPlan,
  flags: Flags,
  progress: Progress,
): Promise<ListedBackup[]> {
  const place = `${plan.config.databases.to}${ENGINES[system]}/`;
  return inDataLab(flags, progress, async (lab) => listedBackups(await lab.backups(), [{ place }]));
}

/**
 * Makes one now, by a Job of the CronJob's own template, and follows it.
 * @returns its stamp
 * @throws UserError where it was not well
 */
export async function dumpedNow(system: System, plan: BackupPlan, flags: Flags): Promise<string> {
  const cronJob = cronJobName(ENGINES[system]);
  const namespace = dumpedOf(plan, system)?.namespace;
  const told = await byHand(flags, {
    ...{ part: "databases", cronJob, request: undefined },
    ...(namespace !== undefined && { namespace }),
    title: `Dumping ${ENGINES[system]}`,
  });
  if (told.outcome !== "well" || told.stamp === undefined)
    throw new UserError([`The backup was not well, and nothing was changed (Job ${told.job}).`, resultText(told)]);
  return told.stamp;
}
