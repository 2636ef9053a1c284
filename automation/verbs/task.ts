import type { CloudStorage, JobStage, Project, Task } from "../../components/cvat/client/types.ts";
import { UserError } from "../../components/program/errors.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { inDataLab } from "../data/connect/run.ts";
import { jobsOf, membersNamed, projectNamed, projectsOf, storagesOf, taskNamed, tasksOf } from "../data/cvat/find.ts";
import { framesOf } from "../data/cvat/frames.ts";
import type { CvatSpace } from "../data/cvat/space.ts";
import { counted } from "../data/dataset/amounts.ts";
import type { Bucket } from "../data/store/objects.ts";
import { ago } from "../data/tasks/age.ts";
import { assign as assignJobs, dealt, isChange, shares } from "../data/tasks/assign.ts";
import { bytesOf } from "../data/tasks/bytes.ts";
import { freedText, knownExport, losingWith, savedAs } from "../data/tasks/delete.ts";
import { listedTasks, listingText, withBytes, type BucketOf, type ListedTask } from "../data/tasks/ls.ts";
import { qualityOf } from "../data/tasks/quality.ts";
import { statusOf, statusText } from "../data/tasks/status.ts";
import { targetNamed } from "../data/tasks/target.ts";
import { saidWhenSlow, streamProgress } from "../progress.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface LsFlags extends DataStackFlags {
  project?: string;
  olderThan?: string;
  state?: ListedTask["state"];
  size?: true;
}

/** Tasks, how far they are and what they have. */
export async function ls({ json, project: wanted, olderThan, state, size, ...flags }: LsFlags): Promise<void> {
  const until = olderThan === undefined ? undefined : ago(olderThan);
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal) => {
    const space = await lab.space();
    const projects = wanted === undefined ? await projectsOf(space) : [await projectNamed(space, wanted)];
    const tasks = await saidWhenSlow(progress, "Asking CVAT for the tasks", () =>
      tasksOf(space, wanted === undefined ? {} : { project: projects[0]?.id ?? 0 }),
    );
    let listed = listedTasks(tasks, projects, { until, state });
    if (size) {
      const storages = await storagesOf(space);
      const bucket = labBuckets(lab);
      listed = await progress.task(`Asking the bucket about ${listed.length} tasks`, (task) =>
        sized(space, listed, tasks, storages, bucket, (done) => task.update(`${done} of ${listed.length}`), signal),
      );
    }
    print(listed, listingText(listed, size === true), json);
  });
}

async function sized(
  space: CvatSpace,
  listed: readonly ListedTask[],
  tasks: readonly Task[],
  storages: readonly CloudStorage[],
  bucket: BucketOf,
  update: (done: number) => void,
  signal: AbortSignal,
): Promise<ListedTask[]> {
  const all: ListedTask[] = [];
  for (const one of listed) {
    update(all.length);
    const task = tasks.find(({ id }) => id === one.id);
    all.push(task ? await withBytes(space, one, task, storages, bucket, signal) : one);
  }
  return all;
}

export interface DeleteFlags extends DataStackFlags {
  project?: string;
  yes?: string;
  saved?: string;
  force?: true;
}

/** Deletes a task where its name is given twice; else it says what would go. */
export async function remove(name: string, { json, project, yes, saved, force, ...flags }: DeleteFlags): Promise<void> {
  if (yes !== undefined && yes !== name)
    throw new UserError(`--yes says ${yes}, and the task is ${name}: nothing was deleted.`, { exitCode: 2 });
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal, stands) => {
    stands("Nothing was deleted.");
    const space = await lab.space();
    const task = await taskNamed(space, name, project === undefined ? undefined : await projectNamed(space, project));
    const { losing, bytes } = await progress.task(`Looking at task ${task.name}`, async () => ({
      losing: await losingWith(space, task),
      bytes: await sizeOf(space, task, labBuckets(lab), signal),
    }));
    const export_ = losing.annotations === 0 ? undefined : await exportOf(lab, space, task, saved);
    const known = losing.annotations === 0 ? "nothing to save: it has no annotations" : export_;
    const freed = freedText(task, losing, bytes);
    const report = { task: task.name, id: task.id, ...losing, bytes, saved: known };
    const savedLine = known === undefined ? "No export or backup of it is known." : `Saved: ${known}.`;
    if (yes === undefined) {
      const how = `To do it: --yes ${JSON.stringify(name)}${known === undefined ? " --force, better after an export or backup" : ""}`;
      print(
        { ...report, deleted: false },
        ["It would be:", ...freed.map((line) => `  ${line}`), savedLine, how].join("\n"),
        json,
      );
      return;
    }
    if (known === undefined && !force)
      throw new UserError(
        `Task ${task.name} has ${losing.annotations} annotations, and no export or backup of it is known that is younger than its last change (${task.updated_date}): nothing was deleted. Export it, name one with --saved KEY, or say --force.`,
      );
    const clearing = await lab.cvat({ signal: null });
    stands(async () =>
      (await clearing.find(`tasks/${task.id}`)) ? "Nothing was deleted." : `Task ${task.name} is deleted.`,
    );
    await progress.task(`Deleting task ${task.name}`, () => space.client.remove(`tasks/${task.id}`));
    print({ ...report, deleted: true }, [...freed, savedLine].join("\n"), json);
  });
}

async function exportOf(
  lab: DataLab,
  space: CvatSpace,
  task: Task,
  saved: string | undefined,
): Promise<string | undefined> {
  if (saved === undefined) return knownExport(space, task);
  const found = await savedAs(await lab.bucket("cvat"), saved, task);
  if ("problem" in found) throw new UserError(`--saved: ${found.problem}`, { exitCode: 2 });
  return found.saved;
}

async function sizeOf(
  space: CvatSpace,
  task: Task,
  bucket: BucketOf,
  signal: AbortSignal,
): Promise<number | undefined> {
  const storage = (await storagesOf(space)).find(({ id }) => id === task.data_cloud_storage_id);
  const at = storage && (await bucket(storage));
  const frames = at && (await framesOf(space.client, task));
  return (
    frames &&
    (
      await bytesOf(
        at,
        frames.frames.map((frame) => frame.name),
        signal,
      )
    ).bytes
  );
}

export interface AssignFlags extends DataStackFlags {
  to: string[];
  kind?: "task" | "project";
  by: "jobs" | "frames";
  stage?: JobStage;
  lead?: string;
  dryRun?: true;
}

/** Deals the jobs of a task or project out to people. */
export async function assign(
  name: string,
  { json, to, kind, by, stage, lead, dryRun, ...flags }: AssignFlags,
): Promise<void> {
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, _signal, stands) => {
    stands("Nothing was changed.");
    const space = await lab.space();
    const target = await targetNamed(space, name, kind);
    const people = await membersNamed(space, [...to, ...(lead === undefined ? [] : [lead])]);
    const dealers = people.slice(0, to.length);
    const leader = lead === undefined ? undefined : people.at(-1);
    const jobs = await saidWhenSlow(progress, `Asking CVAT for the jobs of ${name}`, () => jobsOf(space, target.jobs));
    const all = dealt(jobs, { people: dealers, by, stage });
    const changes = all.filter(isChange);
    const leads = leader !== undefined && target.record.assignee?.id !== leader.id;
    const said = [
      `${target.what} ${target.record.name}: ${shares(all, dealers)}`,
      changes.length === 0 && !leads
        ? "Nothing changes: all of them have theirs."
        : `${changes.length} of ${counted(jobs.length, "job")} ${dryRun ? "would change" : "changed"}${leads ? `, and ${leader.username} leads it` : ""}.`,
    ];
    if (!dryRun) {
      const clearing = { ...space, client: await lab.cvat({ signal: null }) };
      stands(async () => {
        const left = dealt(await jobsOf(clearing, target.jobs), { people: dealers, by, stage }).filter(isChange);
        return left.length === 0
          ? "All jobs are dealt out."
          : `${left.length} of ${counted(changes.length, "job")} are still to be told: run this again.`;
      });
      if (changes.length > 0)
        await progress.task(`Assigning ${counted(changes.length, "job")}`, (task) =>
          assignJobs(space.client, changes, (done) => task.update(`${done} of ${changes.length}`)),
        );
      if (leads) await space.client.patch(target.path, { assignee_id: leader.id });
    }
    const report = all.map(({ job, person, body }) => ({
      job: job.id,
      task: job.task_id,
      to: person.username,
      changes: body,
    }));
    print({ name: target.record.name, kind: target.kind, jobs: report, done: !dryRun }, said.join("\n"), json);
  });
}

export type StatusFlags = DataStackFlags;

/** Who has what of a project, how far it is, what waits for review. */
export async function status(name: string, { json, ...flags }: StatusFlags): Promise<void> {
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab) => {
    const space = await lab.space();
    const project: Project = await projectNamed(space, name);
    const found = await saidWhenSlow(progress, `Asking CVAT for tasks and jobs of ${name}`, async () => {
      const [tasks, jobs] = await Promise.all([
        tasksOf(space, { project: project.id }),
        jobsOf(space, { project_id: project.id }),
      ]);
      return statusOf(project, tasks, jobs, await qualityOf(space, tasks, jobs));
    });
    print(found, statusText(found), json);
  });
}

/** Opens buckets of the lab by what CVAT's storages say, each once. */
function labBuckets(lab: DataLab): BucketOf {
  const opened = new Map<string, Promise<Bucket | undefined>>();
  const open = async (name: string) => {
    const role = lab.plan.store?.buckets.find((one) => one.name === name)?.role;
    return role === undefined ? undefined : lab.bucket(role);
  };
  return ({ resource }) => {
    const bucket = opened.get(resource) ?? open(resource);
    opened.set(resource, bucket);
    return bucket;
  };
}
