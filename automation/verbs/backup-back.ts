import { cronJobName } from "../../components/backup/cron-jobs.ts";
import { UserError } from "../../components/program/errors.ts";
import { byHand, endAs } from "../backup/by-hand.ts";
import { checkedText, restoredText } from "../backup/text-back.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface VerifyFlags extends StackFlags {
  project?: string;
  backup?: string;
  whole?: boolean;
}

export interface RestoreFlags extends StackFlags {
  project?: string;
  allProjects?: boolean;
  backup?: string;
  to?: string;
  name?: string;
  dryRun?: boolean;
}

export interface DrillFlags extends StackFlags {
  project?: string;
}

const PROJECTS = { part: "projects", cronJob: cronJobName("projects") } as const;

/** Opens backups where they lie, and holds them against what CVAT had. */
export async function verify({ json, project, backup, whole, ...flags }: VerifyFlags): Promise<void> {
  const request = { project, backup, whole };
  const told = await byHand(flags, { ...PROJECTS, command: "verify", title: "Opening backups", request });
  print(told, checkedText(told, "opened: each is what CVAT had"), json);
  endAs(told);
}

/** Puts projects back. Asked for once more, it goes on where a run that was killed ended. */
export async function restore({ json, project, backup, to, name, dryRun, ...rest }: RestoreFlags): Promise<void> {
  const { allProjects: all, ...flags } = rest;
  if ((project === undefined) === (all !== true))
    throw new UserError("Name one project with --project, or ask for --all-projects; the whole lab: --all.", {
      exitCode: 2,
    });
  if (all === true && name !== undefined)
    throw new UserError("--name is of one project: name it with --project.", { exitCode: 2 });
  const request = { project, all, backup, to, name, dryRun };
  const told = await byHand(flags, { ...PROJECTS, command: "restore", title: "Restoring", request });
  print(told, restoredText(told, dryRun === true), json);
  endAs(told);
}

/** Tries now whether backups can be restored, as the CronJob does on its schedule. */
export async function drill({ json, project, ...flags }: DrillFlags): Promise<void> {
  const request = project === undefined ? undefined : { project };
  const cronJob = cronJobName("drill");
  const told = await byHand(flags, { part: "projects", cronJob, title: "Trying backups", request });
  print(told, checkedText(told, "restored, looked at, and taken away again"), json);
  endAs(told);
}
