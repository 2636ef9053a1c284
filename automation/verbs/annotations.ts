import { UserError } from "../../components/program/errors.ts";
import type { Project, Task } from "../../components/cvat/client/types.ts";
import { countsText, sumOf } from "../data/annotations/counts.ts";
import { exported, type Exported, type ExportTarget } from "../data/annotations/export.ts";
import { IMPORT_OF_KEPT, imported, importedFrom, importPlan, kept } from "../data/annotations/import.ts";
import { annotationsOf } from "../data/annotations/counts.ts";
import { exportKey, keptKey, objectIn } from "../data/annotations/keys.ts";
import { framesIn } from "../data/annotations/zip-plan.ts";
import { inDataLab } from "../data/connect/run.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { labelsOf, projectNamed, projectsOf, storageOfBucket, taskNamed, tasksOf } from "../data/cvat/find.ts";
import { framesOf } from "../data/cvat/frames.ts";
import type { CvatSpace } from "../data/cvat/space.ts";
import { workersIn } from "../data/cvat/workers.ts";
import type { Bucket } from "../data/store/objects.ts";
import { withTemporary } from "../data/store/temporary.ts";
import { streamProgress } from "../progress.ts";
import { refuseFile, wishOf, zipped, type ZipFlags } from "./annotations-zip.ts";
import { askForTyped } from "./ask-name.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

/** The bucket that CVAT writes into. */
const EXPORTS = "cvat";

/** Writes label files into a zip, for the frames of a task, or into the bucket. */
export async function zipInLab(place: string, flags: ZipFlags): Promise<void> {
  const { task, frames, output, to, force = false, project } = flags;
  const about = await wishOf(place, flags);
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal) => {
    const wish =
      frames === undefined
        ? { ...about, ...(await framesAndLabels(await lab.space(), task ?? "", project)) }
        : { ...about, frames: await framesIn(frames) };
    if (output !== undefined) return zipped(wish, { file: output }, flags, progress, signal);
    const bucket = await lab.bucket(EXPORTS);
    const key = exportKey(to ?? "", task ?? "labels", new Date());
    if (!force) await refuseObject(bucket, key);
    return zipped(wish, { bucket, key }, flags, progress, signal);
  });
}

async function framesAndLabels(space: CvatSpace, name: string, project: string | undefined) {
  const task = await theTask(space, name, project);
  const frames = await framesOf(space.client, task);
  if (!frames) throw new UserError(`Task ${task.name} has no data yet, so it has no frames.`, { exitCode: 2 });
  if (frames.isFilm)
    throw new UserError(
      `Task ${task.name} is of a film, whose frames have no names: its annotations come as CVAT for video 1.1 or MOT.`,
      { exitCode: 2 },
    );
  const of = task.project_id === null ? { task_id: task.id } : { project_id: task.project_id };
  const labels = await labelsOf(space, of);
  return { frames: frames.frames.map((frame) => frame.name), taskLabels: labels.map((label) => label.name) };
}

export interface ImportFlags extends DataStackFlags {
  project?: string;
  format: string;
  replace?: true;
  keep?: string;
}

/** Brings a zip into a task. */
export async function importZip(name: string, zipFile: string, flags: ImportFlags): Promise<void> {
  const { json, format, replace = false, keep } = flags;
  if (keep !== undefined) await refuseFile(keep);
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal) => {
    const space = await lab.space();
    const task = await theTask(space, name, flags.project);
    const bucket = await lab.bucket(EXPORTS);
    const storage = await storageOfBucket(space, bucket.name, lab.temporary);
    const object = objectIn(zipFile, bucket.name, format);
    const work = { signal, workers: workersOf(lab) };
    const plan =
      object === undefined
        ? await progress.task(`Checking ${zipFile}`, () => importPlan(space, task, zipFile, format))
        : { task, zip: zipFile, format, content: undefined, before: await annotationsOf(space.client, task.id) };
    const had = sumOf(plan.before) > 0;
    let keptAt: string | undefined;
    if (had) {
      const question = `Task ${task.name} has ${countsText(plan.before)}, all of which an import replaces.`;
      if (!replace) await askForTyped(task.name, question, "Nothing was imported. --replace says that it may be.");
      const key = keptKey(lab.temporary, task.id, new Date());
      const target = keep === undefined ? { bucket, storage: storage.id, key } : { file: keep };
      await progress.task("Exporting what the task has", (shown) =>
        kept(space, task, target, { ...work, update: (text) => shown.update(text) }),
      );
      keptAt = keep ?? `s3://${bucket.name}/${key}`;
      progress.line(`Kept as ${keptAt} (annotations import ${task.name} ${keptAt} --format "${IMPORT_OF_KEPT}").`);
    }
    const after = await progress.task(`Importing into task ${task.name}`, async (shown) => {
      if (object !== undefined) {
        await importedFrom(
          space,
          task,
          { format, storage: storage.id, key: object },
          { ...work, update: (text) => shown.update(text) },
        );
        return annotationsOf(space.client, task.id);
      }
      const clearing = await lab.bucket(EXPORTS, { signal: null });
      const from = {
        storage: storage.id,
        temporarily: <T>(inner: Parameters<typeof withTemporary<T>>[2]) =>
          withTemporary(clearing, lab.temporary, inner),
      };
      return (await imported(space, plan, from, { ...work, update: (text) => shown.update(text) })).after;
    });
    const { content, before } = plan;
    const holds = content ? `${zipFile} holds ${content.boxes} boxes in ${content.files} files; ` : "";
    const text = `${holds}task ${task.name} had ${countsText(before)} and now has ${countsText(after)}.`;
    print(
      { task: { id: task.id, name: task.name }, zip: zipFile, format, before, holds: content, after, kept: keptAt },
      text,
      json,
    );
  });
}

export interface ExportFlags extends DataStackFlags {
  format: string;
  kind?: "task" | "project";
  subset?: string;
  images?: true;
  output?: string;
  to?: string;
  force?: true;
}

/** Has CVAT export annotations. */
export async function exportThem(name: string, flags: ExportFlags): Promise<void> {
  const { json, format, subset, images = false, output, to, force = false } = flags;
  if (output === undefined && to === undefined)
    throw new UserError("Say where to: --output FILE, or --to PREFIX.", { exitCode: 2 });
  if (output !== undefined && !force) await refuseFile(output);
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal) => {
    const space = await lab.space();
    const what = await theOneOf(space, name, flags.kind);
    const all = await partsOf(space, what, subset);
    if (output !== undefined && all.length > 1)
      throw new UserError(`Subset ${subset ?? ""} is ${all.length} tasks, each with a zip of its own: --to PREFIX.`, {
        exitCode: 2,
      });
    const bucket = to === undefined ? undefined : await lab.bucket(EXPORTS);
    const storage = bucket && (await storageOfBucket(space, bucket.name, to));
    const done: { task?: string; project?: string; subset: string; at: string; bytes: number }[] = [];
    for (const one of all) {
      const part =
        one.kind === "task" && all.length > 1 ? `${name}-${one.record.name}-${one.record.id}` : one.record.name;
      const folder = subset === undefined ? (to ?? "") : `${(to ?? "").replace(/\/*$/, "/")}${subset}/`;
      const target: ExportTarget =
        bucket && storage
          ? { bucket, storage: storage.id, key: exportKey(folder, part, new Date()) }
          : { file: output ?? "" };
      if (!("file" in target) && !force) await refuseObject(target.bucket, target.key);
      const at = "file" in target ? target.file : `s3://${target.bucket.name}/${target.key}`;
      const bytes = await progress.task(`Exporting ${one.kind} ${one.record.name}`, (shown) =>
        exported(
          space,
          { what: one, format, images, target },
          { update: (text) => shown.update(text), signal, workers: workersOf(lab) },
        ),
      );
      done.push({ [one.kind]: one.record.name, subset: "subset" in one.record ? one.record.subset : "", at, bytes });
    }
    const notes = await trackNotes(space, what, format);
    for (const note of notes) progress.line(note);
    print({ format, exports: done, notes }, done.map(({ at, bytes }) => `${at}: ${bytes} bytes`).join("\n"), json);
  });
}

/** What a person who exports a film's boxes by a format of pictures loses. */
async function trackNotes(space: CvatSpace, what: Exported, format: string): Promise<string[]> {
  if (/video|MOT|Datumaro/i.test(format)) return [];
  const tasks = what.kind === "task" ? [what.record] : await tasksOf(space, { project: what.record.id });
  const films = tasks.filter(({ mode }) => mode === "interpolation").map((task) => task.name);
  if (films.length === 0) return [];
  return [
    `Tracks of ${films.join(", ")} are boxes of single frames in ${format}: CVAT for video 1.1 keeps them as tracks.`,
  ];
}

async function theOneOf(space: CvatSpace, name: string, kind: "task" | "project" | undefined): Promise<Exported> {
  if (kind === "task") return { kind: "task", record: await taskNamed(space, name) };
  if (kind === "project") return { kind: "project", record: await projectNamed(space, name) };
  const [tasks, projects]: [Task[], Project[]] = await Promise.all([tasksOf(space, { name }), projectsOf(space, name)]);
  if (tasks.length > 0 && projects.length > 0)
    throw new UserError(`There are a task and a project of the name ${name}: --kind task, or --kind project.`, {
      exitCode: 2,
    });
  if (projects.length > 0) return { kind: "project", record: await projectNamed(space, name) };
  return { kind: "task", record: await taskNamed(space, name) };
}

/** A project's export has all of its subsets: of one alone, each task is exported by itself. (cvat-real-third-look.md 5.2) */
async function partsOf(space: CvatSpace, what: Exported, subset: string | undefined): Promise<Exported[]> {
  if (subset === undefined) return [what];
  if (what.kind === "task") throw new UserError("--subset is for projects.", { exitCode: 2 });
  const tasks = await tasksOf(space, { project: what.record.id });
  const found = tasks.filter((task) => task.subset === subset && (task.size ?? 0) > 0);
  if (found.length > 0) return found.map((record) => ({ kind: "task", record }));
  const names = [...new Set(tasks.map((task) => task.subset))].filter((one) => one !== "");
  throw new UserError(
    `No task of project ${what.record.name} is of subset ${subset}. Its subsets: ${names.join(", ") || "none"}.`,
    { exitCode: 2 },
  );
}

async function theTask(space: CvatSpace, name: string, project: string | undefined): Promise<Task> {
  return project === undefined ? taskNamed(space, name) : taskNamed(space, name, await projectNamed(space, project));
}

function workersOf({ plan: { lab } }: DataLab) {
  const { kubeconfig, context } = lab.cluster;
  return workersIn({ kubeconfig, context }, lab.cvat.namespace);
}

async function refuseObject(bucket: Bucket, key: string): Promise<void> {
  if (await bucket.stat(key))
    throw new UserError(`s3://${bucket.name}/${key} is there already. --force overwrites it.`, { exitCode: 2 });
}
