import { cronJobName } from "../../components/backup/cron-jobs.ts";
import { watchedOf } from "../../components/backup/plan.ts";
import type { VolumeName } from "../../components/backup/volumes/volume.ts";
import { apiServer } from "../../components/kubernetes/api-server.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import { UserError } from "../../components/program/errors.ts";
import { endAs, inLab, plannedIn, type AtWork } from "../backup/by-hand.ts";
import { DatabaseCluster } from "../backup/databases/cluster.ts";
import { lettingGo } from "../backup/databases/records.ts";
import { fileKeyOf, putBack } from "../backup/databases/restore.ts";
import { listedBackups } from "../backup/kept/listing.ts";
import type { Told } from "../backup/told.ts";
import { databaseStep, type DatabaseStep } from "../backup/whole/database-step.ts";
import { lostWith } from "../backup/whole/lost.ts";
import { newestVolumes, projectsSince } from "../backup/whole/projects-step.ts";
import { foreseenText, occupiedText, wholeText, type Foreseen } from "../backup/whole/text.ts";
import { restoreJob, type ToldOfVolume } from "../backup/volumes/restore.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { inDataLab } from "../data/connect/run.ts";
import { streamProgress } from "../progress.ts";
import { PROJECT_FOLDER } from "../project.ts";
import { shellWord } from "../shell-word.ts";
import { askForName } from "./ask-name.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface WholeFlags extends StackFlags {
  identity?: string;
  replace?: boolean;
  yes?: boolean;
  dryRun?: boolean;
}

/** Something is still to be done before all is back. */
const NOT_YET = 3;

/** Brings a lab back into an empty cluster: databases, then the projects that those have not. Asked for once more it goes on where it was killed. */
export async function restoreWhole({ json, identity, replace, yes, dryRun, ...flags }: WholeFlags): Promise<void> {
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal, stands) => {
    const at = { signal, stands, progress };
    stands("Nothing was changed.");
    const foreseen = await foresee(lab, at);
    const { steps, volumes, projects } = foreseen;
    const occupied = steps.filter(({ is }) => is === "occupied");
    const open = steps.filter(({ is }) => is === "lost" || is === "occupied");
    if (dryRun) {
      const refused = occupied.length > 0 && !replace ? ["", ...occupiedText(steps)] : [];
      const text = ["Dry run: nothing was changed.", ...foreseenText(foreseen), ...refused].join("\n");
      print({ dryRun, ...shown(foreseen) }, text, json);
      if (refused.length > 0) process.exitCode = 2;
      return;
    }
    for (const line of foreseenText(foreseen)) progress.line(line);
    if (occupied.length > 0 && !replace) throw new UserError(occupiedText(steps), { exitCode: 2 });
    // What cannot be opened is told before anybody is asked.
    const keys = new Map<DatabaseStep, Uint8Array | undefined>();
    for (const step of open) if (step.look) keys.set(step, await fileKeyOf(step.look.backup, identity));
    if (!yes && (open.length > 0 || volumes.length > 0 || projects.length > 0)) await confirm(flags.stack);
    // Of a run that was killed after the database was back.
    for (const { cluster, look, is } of steps) if (is === "there" && look?.left.length) await cluster.scaleUp();
    for (const step of open)
      if (step.look)
        await putBack(step.look, keys.get(step), {
          ...{ cluster: step.cluster, progress, stands },
          letGo: lettingGo(flags, step.engine, progress),
        });
    // What is there as it was backed up is passed over.
    const written: ToldOfVolume[] = [];
    for (const { volume } of volumes)
      written.push(await inLab(lab, restoreJob(plannedIn(lab), { volume: volume as VolumeName }), at));
    // CVAT knows the token of these backups no more: the next `up` makes another.
    const isSignedOut = open.some(({ engine }) => engine === "postgresql");
    const told = projects.length > 0 && !isSignedOut ? await projectsBack(lab, steps, at) : undefined;
    const next = open.length === 0 ? [] : nextOf(flags, isSignedOut && projects.length > 0);
    const done = { volumes: written, projects: told, next };
    print({ ...shown(foreseen), ...done }, wholeText(foreseen, done), json);
    if (next.length > 0) process.exitCode = NOT_YET;
    for (const one of [...written, ...(told ? [told] : [])]) endAs(one);
  });
}

async function foresee(lab: DataLab, { signal, stands, progress }: AtWork): Promise<Foreseen> {
  const { plan } = lab;
  const backup = plannedIn(lab);
  const listed = await listedBackups(await lab.backups(), watchedOf(backup));
  const send = apiServer(await kubeConfig(plan.lab.cluster));
  const ownProjects = plan.lab.cvat.projects.length;
  const steps: DatabaseStep[] = [];
  for (const database of backup.databases)
    steps.push(
      await databaseStep({
        ...{ database, listed, ownProjects, progress, stands },
        cluster: new DatabaseCluster(database, { send, progress, signal }),
      }),
    );
  const projects = backup.parts.includes("projects") ? projectsSince(listed, stampOf(steps)) : [];
  const volumes = newestVolumes(
    listed,
    backup.volumes.map(({ name }) => name),
  );
  return { steps, volumes, projects, lost: lostWith(plan, steps, volumes) };
}

/** Stamp of the dump that CVAT is put back from. */
const stampOf = (steps: readonly DatabaseStep[]) => steps.find(({ engine }) => engine === "postgresql")?.stamp;

const projectsBack = (lab: DataLab, steps: readonly DatabaseStep[], at: AtWork): Promise<Told> =>
  inLab(
    lab,
    {
      ...{ part: "projects", cronJob: cronJobName("projects"), command: "restore" },
      ...{ title: "Restoring projects", request: { all: true, since: stampOf(steps) } },
    },
    at,
  );

function nextOf({ stack, folder }: StackFlags, again: boolean): string[] {
  const place = ` --stack ${stack}${folder === PROJECT_FOLDER ? "" : ` --folder ${shellWord(folder)}`}`;
  return [`npm run platform -- up${place}`, ...(again ? [`npm run platform -- backup restore --all${place}`] : [])];
}

const shown = ({ steps, volumes, projects, lost }: Foreseen) => ({
  databases: steps.map(({ engine, is, stamp, look }) => ({ engine, is, stamp, losses: look?.losses ?? [] })),
  backedUp: volumes.map(({ volume, stamp }) => ({ volume, stamp })),
  younger: projects.map(({ organization, project, stamp }) => ({ organization, project, stamp })),
  lost,
});

async function confirm(stack: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new UserError("It asks before it brings anything back: run it in a terminal, or with --yes.", {
      exitCode: 2,
    });
  await askForName(stack, "Bring it back?", "Nothing was changed.");
}
