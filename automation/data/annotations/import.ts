import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import type { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { labelsOf } from "../cvat/find.ts";
import { framesOf } from "../cvat/frames.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { Temporary } from "../store/temporary.ts";
import { done } from "./begin.ts";
import { annotationsOf, countsText, type AnnotationCounts } from "./counts.ts";
import { exported, type ExportTarget, type Work } from "./export.ts";
import { zipContent, type ZipContent } from "./zip-check.ts";

/** The one format whose zips are looked into before they are sent. */
export const YOLO = "YOLO 1.1";

/** By which CVAT imports what {@link kept} has exported. (its own two exporters have one importer: cvat/apps/dataset_manager/formats/cvat.py) */
export const IMPORT_OF_KEPT = "CVAT 1.1";

export interface ImportPlan {
  task: Task;
  zip: string;
  format: string;
  /** What the zip holds; undefined of a format that is not looked into. */
  content: ZipContent | undefined;
  /** What the task has now. An import removes all of it. (cvat-rest-measured.md 5.1) */
  before: AnnotationCounts;
}

export interface ImportDone extends ImportPlan {
  after: AnnotationCounts;
}

export interface ImportFrom {
  /** CVAT's cloud storage for the bucket of the temporary objects. */
  storage: number;
  temporarily: <T>(work: (temporary: Temporary) => Promise<T>) => Promise<T>;
}

/**
 * Looks at all that would have the import fail.
 * @throws UserError, exit code 2, for a task without data, and with all that is wrong in the zip
 */
export async function importPlan(space: CvatSpace, task: Task, zip: string, format: string): Promise<ImportPlan> {
  const frames = await framesOf(space.client, task);
  // CVAT takes the call and fails in its own code. (cvat-rest-measured.md 5.9)
  if (!frames) throw new UserError(`Task ${task.name} has no data yet, so nothing can be imported.`, { exitCode: 2 });
  if (!(await stat(zip).catch(() => undefined))) throw new UserError(`${zip} cannot be read.`, { exitCode: 2 });
  const labels = await labelsOf(
    space,
    task.project_id === null ? { task_id: task.id } : { project_id: task.project_id },
  );
  const content =
    format === YOLO
      ? await zipContent(zip, { frames: frames.frames.map(({ name }) => name), labels: labels.map(({ name }) => name) })
      : undefined;
  return { task, zip, format, content, before: await annotationsOf(space.client, task.id) };
}

/**
 * Exports what a task has, so that tracks stay tracks. {@link IMPORT_OF_KEPT} puts it back. Of a run that is stopped before it is whole nothing
 * stays.
 * @param target a bucket whose calls do not end with the run's, or a file
 * @param clearing asks CVAT after a stop
 */
export async function kept(
  space: CvatSpace,
  task: Task,
  target: ExportTarget,
  work: Work,
  clearing: CvatClient,
): Promise<void> {
  const format = task.mode === "interpolation" ? "CVAT for video 1.1" : "CVAT for images 1.1";
  const stopping = { client: clearing, left: () => undefined };
  try {
    await exported(
      space,
      { what: { kind: "task", record: task }, format, images: false, target },
      { ...work, stopping },
    );
  } catch (error) {
    if (work.signal?.aborted && !("file" in target)) await target.bucket.remove([target.key]);
    throw error;
  }
}

/**
 * Sends the zip and has CVAT import it. The object that it is sent as is gone afterwards, however it ends.
 * @throws UserError where CVAT fails at it, which leaves what the task had, and where the task then has other than the zip holds
 */
export async function imported(space: CvatSpace, plan: ImportPlan, from: ImportFrom, work: Work): Promise<ImportDone> {
  const { task, zip, format, content } = plan;
  const { size } = await stat(zip);
  await from.temporarily(async (temporary) => {
    work.update?.("sending the zip");
    const key = await temporary.put(path.basename(zip), createReadStream(zip), {
      size,
      type: "application/zip",
      ...(work.signal && { signal: work.signal }),
    });
    await importedFrom(space, task, { format, storage: from.storage, key }, work);
  });
  const after = await annotationsOf(space.client, task.id);
  if (content && (after.shapes !== content.boxes || after.tags + after.tracks > 0))
    throw new UserError(
      `The zip holds ${content.boxes} boxes, and task ${task.name} now has ${countsText(after)}: somebody may have worked on it meanwhile. Look, or import again.`,
    );
  return { ...plan, after };
}

/** Has CVAT import an object of a bucket. Somebody else's import of the task is waited for. */
export async function importedFrom(
  { client, organization }: CvatSpace,
  task: Pick<Task, "id" | "name">,
  { format, storage, key }: { format: string; storage: number; key: string },
  work: Work,
): Promise<void> {
  await done(
    client,
    {
      path: `tasks/${task.id}/annotations`,
      organization,
      query: { format, location: "cloud_storage", cloud_storage_id: storage, filename: key },
    },
    { what: `the import into task ${task.name}`, wasDone: () => Promise.resolve(true), ...work },
  );
}
