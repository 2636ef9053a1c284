import type { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { annotationsOf, sumOf, type AnnotationCounts } from "../annotations/counts.ts";
import type { Work } from "../annotations/export.ts";
import { IMPORT_OF_KEPT, importedFrom, kept } from "../annotations/import.ts";
import { labelsOf } from "../cvat/find.ts";
import { framesOf, type TaskFrames } from "../cvat/frames.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { Bucket } from "../store/objects.ts";
import { mappingOf, type Mapping, type WrittenMapping } from "./mapping.ts";
import { modelNamed } from "./model.ts";
import { annotated, refuseRunOn, type AnnotateWork } from "./run.ts";

export interface AnnotatePlan {
  task: Task;
  function: string;
  mapping: Mapping;
  notes: string[];
  frames: TaskFrames;
  before: AnnotationCounts;
}

/**
 * Looks at all that CVAT takes and then fails at, or drops in silence.
 * @throws UserError, exit code 2
 */
export async function annotatePlan(
  space: CvatSpace,
  task: Task,
  name: string,
  written?: WrittenMapping,
): Promise<AnnotatePlan> {
  const { client } = space;
  const frames = await framesOf(client, task);
  if (!frames) throw new UserError(`Task ${task.name} has no data yet: there is nothing to annotate.`, { exitCode: 2 });
  const model = await modelNamed(client, name);
  const labels = await labelsOf(
    space,
    task.project_id === null ? { task_id: task.id } : { project_id: task.project_id },
  );
  const { mapping, notes } = mappingOf(model, labels, written);
  await refuseRunOn(client, task);
  return { task, function: name, mapping, notes, frames, before: await annotationsOf(client, task.id) };
}

export interface Replacing {
  bucket: Bucket;
  /** CVAT's cloud storage for the bucket. */
  storage: number;
  /** Where the old annotations are kept. */
  key: string;
}

export interface Annotating extends AnnotateWork, Pick<Work, "workers"> {
  threshold?: number;
  /** Removes what the task has. Default: the run adds to it. */
  replacing?: Replacing;
  /** Is told once that the old annotations are kept. */
  keptAt?: (key: string) => void;
  /** Asks CVAT after a stop: its calls do not end with the run's. */
  clearing: CvatClient;
}

export interface Annotated {
  how: "finished" | "cancelled";
  /** Percent of the frames. */
  progress: number;
  after: AnnotationCounts;
  /** Where the old annotations are. */
  kept?: string;
}

/**
 * Runs a function over a task. CVAT removes old annotations before the run and gives none back when it fails (cvat-real-third-look.md 7.5): so they
 * are exported first, and imported again where the run fails.
 * @throws UserError with the reason where it fails, and with what the task has then
 */
export async function annotate(space: CvatSpace, plan: AnnotatePlan, work: Annotating): Promise<Annotated> {
  const { task, before } = plan;
  const { replacing, threshold, clearing, keptAt = () => undefined } = work;
  const had = replacing !== undefined && sumOf(before) > 0;
  if (had) {
    work.update?.("exporting what the task has");
    const target = { bucket: replacing.bucket, storage: replacing.storage, key: replacing.key };
    await kept(space, task, target, work);
    keptAt(replacing.key);
  }
  const wish = {
    task,
    function: plan.function,
    mapping: plan.mapping,
    cleanup: replacing !== undefined,
    wholeAt: wholeAt(plan.frames),
    ...(threshold !== undefined && { threshold }),
  };
  const end = await annotated(space, wish, work);
  if (end.how === "failed") throw await failure(space, plan, had ? replacing : undefined, end.reason, work);
  return {
    how: end.how,
    progress: end.how === "finished" ? 100 : end.progress,
    after: await annotationsOf(clearing, task.id),
    ...(had && { kept: replacing.key }),
  };
}

/** Percent that a run over all frames ends at: the last one that is not taken out counts. */
function wholeAt({ size, deleted }: TaskFrames): number {
  const gone = new Set(deleted);
  let last = size - 1;
  while (last > 0 && gone.has(last)) last--;
  return Math.floor(((last + 1) / size) * 100);
}

async function failure(
  space: CvatSpace,
  { task, function: name }: AnnotatePlan,
  replaced: Replacing | undefined,
  reason: string,
  work: Annotating,
): Promise<UserError> {
  const failed = `${name} failed over task ${task.name}: ${reason}`;
  if (!replaced) {
    const { shapes } = await annotationsOf(space.client, task.id);
    return new UserError(`${failed}. The task has ${shapes} shapes now: results are stored each 100 frames.`);
  }
  const { storage, key, bucket } = replaced;
  try {
    work.update?.("putting back what the task had");
    await importedFrom(space, task, { format: IMPORT_OF_KEPT, storage, key }, work);
    return new UserError(`${failed}. What the task had before is in it again.`);
  } catch (error) {
    return new UserError([
      `${failed}.`,
      `What the task had before could not be put back: ${(error as Error).message}`,
      `It is in bucket ${bucket.name} as ${key}: annotations import ${task.name} s3://${bucket.name}/${key} --format "${IMPORT_OF_KEPT}" --replace`,
    ]);
  }
}
