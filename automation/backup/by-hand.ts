import { randomBytes } from "node:crypto";
import type { V1PodSpec } from "@kubernetes/client-node";
import type { Part } from "../../components/backup/parts.ts";
import type { BackupPlan } from "../../components/backup/plan.ts";
import { apiServer } from "../../components/kubernetes/api-server.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import { UserError } from "../../components/program/errors.ts";
import type { DataFlags, DataLab } from "../data/connect/lab.ts";
import { inDataLab } from "../data/connect/run.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { Asked } from "./asked.ts";
import { begin, cronJobAt, followed } from "./follow.ts";
import { jobFrom } from "./job.ts";
import type { Told } from "./told.ts";

/** What somebody has done now by a Job in the cluster. */
export interface ByHand {
  /** Part of backups that must be on for it. */
  part: Part;
  /** Name of the CronJob whose template the Job has. */
  cronJob: string;
  /** Of the CronJob. Default: that of backups. */
  namespace?: string;
  /** Another command than the CronJob's. Default: the same. */
  command?: string;
  request: object | undefined;
  /** What its pod has otherwise than the CronJob's. Default: nothing. */
  change?: (pod: V1PodSpec) => void;
  /** What a person reads while it is at work. */
  title: string;
}

/**
 * Makes a Job of a CronJob's own template, and follows it to its end. Stopping it leaves the Job at work.
 * @returns what came of it, with the Job's name
 * @throws UserError where the stack makes no such backups
 */
export async function byHand(flags: DataFlags, one: ByHand): Promise<Told & { job: string }> {
  const [told] = await allByHand(flags, () => [one]);
  if (told === undefined) throw new Error("a Job was asked for");
  return told;
}

/** The same of several, one after the other: they go through the same line. */
export async function allByHand(
  flags: DataFlags,
  wanted: (plan: BackupPlan) => readonly ByHand[],
): Promise<(Told & { job: string })[]> {
  const progress = streamProgress();
  return inDataLab(flags, progress, async (lab, signal, stands) => {
    const ended: (Told & { job: string })[] = [];
    stands("Nothing was begun.");
    for (const one of wanted(plannedIn(lab))) ended.push(await inLab(lab, one, { signal, stands, progress }));
    return ended;
  });
}

export interface AtWork {
  /** Ends the following, and not the Job. */
  signal: AbortSignal;
  stands: (how: string) => void;
  progress: Progress;
}

/** The same in a lab that is open. */
export async function inLab(
  lab: DataLab,
  { part, cronJob, namespace, command, request, change, title }: ByHand,
  { signal, stands, progress }: AtWork,
): Promise<Told & { job: string }> {
  const plan = plannedIn(lab);
  if (!plan.parts.includes(part))
    throw new UserError(`Backups of ${part} are off: see vision-platform:backup.${part}.enabled.`, { exitCode: 2 });
  const config = await kubeConfig(lab.plan.lab.cluster);
  const asked = new Asked(apiServer(config, signal), { rights: "cronjobs, jobs, pods and their logs", signal });
  const job = `backup-${command ?? cronJob.replace(/^backup-/, "")}-${randomBytes(4).toString("hex")}`;
  const at = { asked, namespace: namespace ?? plan.namespace, name: job };
  const made = jobFrom(await cronJobAt(at, cronJob), job, request, command);
  if (change && made.spec?.template.spec) change(made.spec.template.spec);
  await begin(at, made);
  stands(
    `Job ${job} goes on in the cluster. Its log: kubectl --namespace ${at.namespace} logs --follow job/${job}; to end it: kubectl --namespace ${at.namespace} delete job ${job}`,
  );
  const told = await progress.task(`${title} (Job ${job})`, (task) =>
    followed({
      ...{ ...at, signal },
      say: (text) => {
        task.update(text);
      },
    }),
  );
  return { job, ...told };
}

/** The exit code that a result asks for: 2 where nothing was done for what was asked, 1 where anything failed. */
export function endAs({ outcome }: Told): void {
  if (outcome !== "well") process.exitCode = outcome === "refused" ? 2 : 1;
}

/** @throws UserError where the stack file has no backups */
export function plannedIn({ plan: { backup } }: DataLab): BackupPlan {
  if (backup) return backup;
  throw new UserError(
    "This stack makes no backups: vision-platform:backup is not in its file. `vision-platform:backup: {}` is enough to begin (docs/backups.md).",
    { exitCode: 2 },
  );
}
