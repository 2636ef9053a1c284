import { randomBytes } from "node:crypto";
import { commandsOf, cronJobName } from "../../components/backup/cron-jobs.ts";
import type { Part } from "../../components/backup/parts.ts";
import { watchedOf, type BackupPlan } from "../../components/backup/plan.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import { UserError } from "../../components/program/errors.ts";
import { begin, followed } from "../backup/follow.ts";
import { jobFrom } from "../backup/job.ts";
import { listedBackups } from "../backup/listing.ts";
import { standingsOf } from "../backup/runs.ts";
import { listText, resultText, statusText } from "../backup/text.ts";
import type { Told } from "../backup/told.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { inDataLab } from "../data/connect/run.ts";
import { streamProgress } from "../progress.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface CreateFlags extends StackFlags {
  project?: string;
}

/** Makes a backup now, by a Job of the CronJob's own template, and follows it to its end. */
export async function create(part: Part, { json, project, ...flags }: CreateFlags): Promise<void> {
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal, stands) => {
    const { parts } = plannedIn(lab);
    if (!parts.includes(part))
      throw new UserError(`Backups of ${part} are off: see vision-platform:backup.${part}.enabled.`, { exitCode: 2 });
    if (project !== undefined && part !== "projects")
      throw new UserError("--project is of backups of projects alone.", { exitCode: 2 });
    const config = await kubeConfig(lab.plan.lab.cluster);
    stands("Nothing was begun.");
    const request = project === undefined ? undefined : { project };
    const runs: ({ job: string } & Told)[] = [];
    // One after the other: what the databases' dumps go through is the same line.
    for (const { command, namespace } of commandsOf(plannedIn(lab), part)) {
      const name = `${cronJobName(command)}-${randomBytes(4).toString("hex")}`;
      await begin(config, namespace, cronJobName(command), (from) => jobFrom(from, name, request));
      stands(
        `Job ${name} goes on in the cluster. Its log: kubectl --namespace ${namespace} logs --follow job/${name}; to end it: kubectl --namespace ${namespace} delete job ${name}`,
      );
      const told = await progress.task(`Backing up ${command} (Job ${name})`, (task) =>
        followed({ config, namespace, name, signal, say: (text) => task.update(text) }),
      );
      runs.push({ job: name, ...told });
      if (told.outcome !== "well") process.exitCode = told.outcome === "refused" ? 2 : 1;
    }
    const [first] = runs;
    print(part === "databases" ? { runs } : first, runs.map(resultText).join(""), json);
  });
}

/** The backups that there are. */
export async function list({ json, ...flags }: StackFlags): Promise<void> {
  await inDataLab(flags, streamProgress(), async (lab) => {
    const watched = watchedOf(plannedIn(lab));
    const backups = await listedBackups(await lab.backups(), watched);
    print({ backups }, listText(backups), json);
  });
}

/** How it is with backups. Ends with 3 where something is wrong. */
export async function status({ json, ...flags }: StackFlags): Promise<void> {
  await inDataLab(flags, streamProgress(), async (lab) => {
    const standings = await standingsOf(await lab.backups(), watchedOf(plannedIn(lab)));
    const well = standings.every(({ problems }) => problems.length === 0);
    print({ well, backups: standings }, statusText(standings), json);
    if (!well) process.exitCode = 3;
  });
}

function plannedIn({ plan: { backup } }: DataLab): BackupPlan {
  if (backup) return backup;
  throw new UserError(
    "This stack makes no backups: vision-platform:backup is not in its file. `vision-platform:backup: {}` is enough to begin (docs/backups.md).",
    { exitCode: 2 },
  );
}
