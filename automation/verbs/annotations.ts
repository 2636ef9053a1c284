import { UserError } from "../../components/program/errors.ts";
import type { Task } from "../../components/cvat/client/types.ts";
import type { Left } from "../data/annotations/begin.ts";
import { annotationsOf, countsText, sumOf } from "../data/annotations/counts.ts";
import { IMPORT_OF_KEPT, imported, importedFrom, importPlan, kept } from "../data/annotations/import.ts";
import { exportKey, keptKey, objectIn } from "../data/annotations/keys.ts";
import { framesIn } from "../data/annotations/zip-plan.ts";
import { inDataLab } from "../data/connect/run.ts";
import { labelsOf, projectNamed, storageOfBucket, taskNamed } from "../data/cvat/find.ts";
import { framesOf } from "../data/cvat/frames.ts";
import type { CvatSpace } from "../data/cvat/space.ts";
import { withTemporary } from "../data/store/temporary.ts";
import { streamProgress } from "../progress.ts";
import { EXPORTS, refuseObject, workersOf } from "./annotations-target.ts";
import { refuseFile, wishOf, zipped, type ZipFlags } from "./annotations-zip.ts";
import { askForTyped } from "./ask-name.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

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
  await inDataLab(flags, progress, async (lab, signal, stands) => {
    stands("Nothing was imported.");
    const space = await lab.space();
    const task = await theTask(space, name, flags.project);
    const bucket = await lab.bucket(EXPORTS);
    const storage = await storageOfBucket(space, bucket.name, lab.temporary);
    const object = objectIn(zipFile, bucket.name, format);
    const [clearing, store] = [await lab.cvat({ signal: null }), await lab.bucket(EXPORTS, { signal: null })];
    const workers = workersOf(lab);
    const left = { import: undefined as Left | undefined };
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
      const target = keep === undefined ? { bucket: store, storage: storage.id, key } : { file: keep };
      await progress.task("Exporting what the task has", (shown) =>
        kept(space, task, target, { signal, workers, update: (text) => shown.update(text) }, clearing),
      );
      keptAt = keep ?? `s3://${bucket.name}/${key}`;
      progress.line(`Kept as ${keptAt} (annotations import ${task.name} ${keptAt} --format "${IMPORT_OF_KEPT}").`);
    }
    stands(async () => {
      const { name: what, id } = task;
      if (left.import === undefined || left.import === "taken back") return "Nothing was imported.";
      if (left.import === "under way") return `CVAT has begun with the import into task ${what}, and may finish it.`;
      return `Task ${what} had ${countsText(plan.before)} and now has ${countsText(await annotationsOf(clearing, id))}.`;
    });
    const work = { signal, workers, stopping: { client: clearing, left: (how: Left) => (left.import = how) } };
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
      const from = {
        storage: storage.id,
        temporarily: <T>(inner: Parameters<typeof withTemporary<T>>[2]) => withTemporary(store, lab.temporary, inner),
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

async function theTask(space: CvatSpace, name: string, project: string | undefined): Promise<Task> {
  return project === undefined ? taskNamed(space, name) : taskNamed(space, name, await projectNamed(space, project));
}
