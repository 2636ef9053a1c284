import type { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { annotationsOf, sumOf, type AnnotationCounts } from "../annotations/counts.ts";
import type { Work } from "../annotations/export.ts";
import { shellWord } from "../../shell-word.ts";
import { IMPORT_OF_KEPT, importedFrom, kept } from "../annotations/import.ts";
import { labelsOf } from "../cvat/find.ts";
import { framesOf, type TaskFrames } from "../cvat/frames.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { Notes } from "../store/notes.ts";
import type { Bucket } from "../store/objects.ts";
import { mappingOf, type Mapping, type WrittenMapping } from "./mapping.ts";
import { modelNamed } from "./model.ts";
import { alreadyOn, annotated, isOn, lastRun, wholeAt, type AnnotateWork } from "./run.ts";
import { isSame, leftBy, noteName, refuseTwice, type Asked, type Left, type RunNote } from "./take-up.ts";

export interface AnnotatePlan {
  task: Task;
  function: string;
  mapping: Mapping;
  threshold: number | undefined;
  /** Whether what the task has goes. Default: the run adds to it. */
  replace: boolean;
  notes: string[];
  frames: TaskFrames;
  before: AnnotationCounts;
  /** What a run that died has left of the same. */
  left: Left;
  /** When the last run was enqueued that CVAT knows. */
  last: string | null;
}

export interface Wanted {
  function: string;
  written?: WrittenMapping | undefined;
  threshold?: number | undefined;
  replace?: boolean;
  /** Default: what dead runs have begun is not known. */
  runs?: Notes<RunNote> | undefined;
}

/**
 * Looks at all that CVAT takes and then fails at, or drops in silence.
 * @throws UserError, exit code 2; UserError while another run over the task is on
 */
export async function annotatePlan(space: CvatSpace, task: Task, wanted: Wanted): Promise<AnnotatePlan> {
  const { client } = space;
  const { function: name, threshold, replace = false, runs } = wanted;
  const frames = await framesOf(client, task);
  if (!frames) throw new UserError(`Task ${task.name} has no data yet: there is nothing to annotate.`, { exitCode: 2 });
  const model = await modelNamed(client, name);
  const labels = await labelsOf(
    space,
    task.project_id === null ? { task_id: task.id } : { project_id: task.project_id },
  );
  const { mapping, notes } = mappingOf(model, labels, wanted.written);
  const request = await lastRun(client, task.id);
  const before = await annotationsOf(client, task.id);
  const note = await runs?.read(noteName(task.id));
  const left = leftBy(note, request, before, frames);
  const plan = { task, function: name, mapping, threshold, replace, notes, frames, before, left };
  if (isOn(request) && !(left.is === "on" && isSame(left.note.asked, askedIn(plan)))) throw alreadyOn(task.name);
  refuseTwice(left, askedIn(plan), task.name);
  return { ...plan, last: request?.enqueued ?? null };
}

const askedIn = ({ function: name, mapping, threshold, replace }: Omit<AnnotatePlan, "last">): Asked => ({
  ...{ function: name, mapping, threshold: threshold ?? null, replace },
});

/** Where old annotations are kept. */
export interface Keeping {
  /** Its calls do not end with the run's. */
  bucket: Bucket;
  /** CVAT's cloud storage for the bucket. */
  storage: number;
  /** Of the object, where a run that died has not kept them already. */
  key: string;
}

export interface Annotating extends AnnotateWork, Pick<Work, "workers"> {
  /** Needed where the plan replaces. */
  keeping?: Keeping | undefined;
  /** Is told once that the old annotations are kept. */
  keptAt?: (key: string) => void;
  /** Asks CVAT after a stop: its calls do not end with the run's. */
  clearing: CvatClient;
  /** Where the run writes down what it begins. Default: the next one does not hear of it. */
  runs?: Notes<RunNote> | undefined;
}

export interface Annotated {
  how: "finished" | "cancelled";
  /** Percent of the frames. */
  progress: number;
  before: AnnotationCounts;
  after: AnnotationCounts;
  /** A run that died had begun it. */
  takenUp: boolean;
  /** Where the old annotations are. */
  kept?: string;
  /** Of a cancelled run that replaced: `again` the task has what it had before; else why it does not. */
  restored?: "again" | { why: string };
}

/**
 * Runs a function over a task. CVAT removes old annotations before the run and gives none back when it fails (cvat-real-third-look.md 7.5): so they
 * are exported first, and imported again where the run fails or is cancelled. What a run that died had begun is waited for in the place of a run of
 * its own.
 * @throws UserError with the reason where it fails, and with what the task has then
 */
export async function annotate(space: CvatSpace, plan: AnnotatePlan, work: Annotating): Promise<Annotated> {
  const { task, left } = plan;
  const { clearing, keptAt = () => undefined, runs, signal } = work;
  const name = noteName(task.id);
  const mine = takenUpBy(plan);
  const isTakenUp = mine !== undefined;
  const keeping = keepingOf(plan, work.keeping);
  const spoiled =
    (left.is === "failed" || left.is === "cancelled") && keeping && left.note.kept !== null ? left : undefined;
  const before = (mine ?? spoiled)?.note.before ?? plan.before;
  const had = keeping !== undefined && sumOf(before) > 0;
  const ended = async (how: "finished" | "cancelled", progress: number, restored?: Annotated["restored"]) => ({
    ...{ how, progress, before, after: await annotationsOf(clearing, task.id), takenUp: isTakenUp },
    ...(had && { kept: keeping.key }),
    ...(restored && { restored }),
  });
  // What CVAT is at, or was and nobody has heard of, is for the next run to find.
  let isUntold = left.is !== "nothing";
  try {
    if (mine?.is === "finished") return await ended("finished", 100);
    if (!isTakenUp) {
      if (spoiled && keeping) {
        work.update?.("putting back what the task had before a run that died");
        await putBack(space, task, keeping, work);
      }
      const facts: RunNote = { asked: askedIn(plan), before, last: plan.last, kept: had ? keeping.key : null };
      await runs?.write(name, facts);
      isUntold = false;
      if (had) {
        work.update?.("exporting what the task has");
        await kept(space, task, keeping, work, clearing);
        keptAt(keeping.key);
      }
    }
    const wish = {
      ...{ task, function: plan.function, mapping: plan.mapping, cleanup: plan.replace },
      ...{ wholeAt: wholeAt(plan.frames), isOn: isTakenUp, last: plan.last },
      ...(plan.threshold !== undefined && { threshold: plan.threshold }),
    };
    const end = await annotated(space, wish, { ...work, begun: () => (isUntold = true) });
    const then = signal?.aborted
      ? { space: { ...space, client: clearing }, work: withoutSignal(work) }
      : { space, work };
    if (end.how === "failed") {
      const error = await failure(then.space, plan, had ? keeping : undefined, end.reason, then.work);
      isUntold = false;
      throw error;
    }
    const restored = end.how === "cancelled" && had ? await again(then.space, task, keeping, then.work) : undefined;
    return await ended(end.how, end.how === "finished" ? 100 : end.progress, restored);
  } finally {
    if (!isUntold) await runs?.remove(name);
  }
}

/** Where a run that died has kept it already, unless that is all that is left of what the task had. */
function keepingOf(plan: AnnotatePlan, keeping: Keeping | undefined): Keeping | undefined {
  const { left, replace } = plan;
  if (!replace || keeping === undefined) return undefined;
  const isPutBack = left.is === "failed" || left.is === "cancelled";
  const before = left.is === "unbegun" ? left.kept : ((isPutBack ? left : takenUpBy(plan))?.note.kept ?? null);
  return { ...keeping, key: before ?? keeping.key };
}

/** The run that is waited for in the place of one of its own: it was begun for the same. */
function takenUpBy(plan: AnnotatePlan) {
  const { left } = plan;
  const isOfUse = left.is === "on" || left.is === "finished";
  return isOfUse && isSame(left.note.asked, askedIn(plan)) ? left : undefined;
}

const withoutSignal = (work: Annotating): Annotating => ({ ...work, signal: undefined });

const putBack = (space: CvatSpace, task: Task, { storage, key }: Keeping, work: Annotating) =>
  importedFrom(space, task, { format: IMPORT_OF_KEPT, storage, key }, work);

async function again(
  space: CvatSpace,
  task: Task,
  keeping: Keeping,
  work: Annotating,
): Promise<NonNullable<Annotated["restored"]>> {
  work.update?.("putting back what the task had");
  return putBack(space, task, keeping, work).then(
    () => "again" as const,
    (error: unknown) => ({ why: (error as Error).message }),
  );
}

async function failure(
  space: CvatSpace,
  { task, function: name }: AnnotatePlan,
  replaced: Keeping | undefined,
  reason: string,
  work: Annotating,
): Promise<UserError> {
  const failed = `${name} failed over task ${task.name}: ${reason}`;
  if (!replaced) {
    const { shapes } = await annotationsOf(space.client, task.id);
    return new UserError(`${failed}. The task has ${shapes} shapes now: results are stored each 100 frames.`);
  }
  const restored = await again(space, task, replaced, work);
  if (restored === "again") return new UserError(`${failed}. What the task had before is in it again.`);
  return new UserError([
    `${failed}.`,
    `What the task had before could not be put back: ${restored.why}`,
    `It is in bucket ${replaced.bucket.name} as ${replaced.key}: ${commandOf(task.name, replaced)}`,
  ]);
}

/** The command that puts kept annotations back. */
export function commandOf(task: string, { bucket, key }: { bucket: { name: string }; key: string }): string {
  return `annotations import ${shellWord(task)} s3://${bucket.name}/${key} --format "${IMPORT_OF_KEPT}" --replace`;
}
