import { commandsOf, cronJobName } from "../../components/backup/cron-jobs.ts";
import type { Part } from "../../components/backup/parts.ts";
import { watchedOf } from "../../components/backup/plan.ts";
import { UserError } from "../../components/program/errors.ts";
import { allByHand, endAs, plannedIn } from "../backup/by-hand.ts";
import { listedBackups } from "../backup/kept/listing.ts";
import { standingsOf } from "../backup/runs.ts";
import { listText, resultsText, statusText } from "../backup/text.ts";
import { inDataLab } from "../data/connect/run.ts";
import { streamProgress } from "../progress.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface CreateFlags extends StackFlags {
  project?: string;
  /** Of volumes: takes one as it is that has lost most of its files. */
  acceptSmaller?: boolean;
}

/** Makes a backup now, by a Job of the CronJob's own template, and follows it to its end. */
export async function create(part: Part, { json, project, acceptSmaller, ...flags }: CreateFlags): Promise<void> {
  if (project !== undefined && part !== "projects")
    throw new UserError("--project is of backups of projects alone.", { exitCode: 2 });
  if (acceptSmaller === true && part !== "volumes")
    throw new UserError("--accept-smaller is of backups of volumes alone.", { exitCode: 2 });
  const request = project !== undefined ? { project } : acceptSmaller === true ? { acceptSmaller } : undefined;
  const runs = await allByHand(flags, (plan) =>
    commandsOf(plan, part).map(({ command, namespace }) => ({
      ...{ part, cronJob: cronJobName(command), namespace, request },
      title: `Backing up ${command}`,
    })),
  );
  const [first] = runs;
  if (first === undefined)
    throw new UserError(`Backups of ${part} are off: see vision-platform:backup.${part}.enabled.`, { exitCode: 2 });
  print(part === "projects" ? first : { runs }, resultsText(runs), json);
  for (const told of runs) endAs(told);
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
