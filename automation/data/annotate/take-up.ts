import { UserError } from "../../../components/program/errors.ts";
import type { AnnotationCounts } from "../annotations/counts.ts";
import type { TaskFrames } from "../cvat/frames.ts";
import type { Note } from "../store/notes.ts";
import type { Mapping } from "./mapping.ts";
import { isOn, wholeAt, type AnnotateRequest } from "./run.ts";

/** What is asked of CVAT, in as far as two runs may be told apart by it. */
export interface Asked {
  function: string;
  mapping: Mapping;
  threshold: number | null;
  replace: boolean;
}

/** What a run writes down before it asks CVAT to annotate a task. */
export interface RunNote {
  asked: Asked;
  before: AnnotationCounts;
  /** When the run was enqueued that CVAT knew then; null where it knew none. */
  last: string | null;
  /** Key of the export of what the task had. */
  kept: string | null;
}

export const noteName = (task: number): string => `annotate-task-${task}`;

/** What became of what a dead run has begun. */
export type Left =
  /** There is no dead run. */
  | { is: "nothing" }
  /** CVAT was asked nothing by it; it may have kept an export, which its key takes the next one of. */
  | { is: "unbegun"; kept: string | null }
  /** CVAT is at it, or has ended it, with this percent of the frames as its last word. */
  | { is: "on" | "finished" | "cancelled" | "failed"; note: RunNote; request: AnnotateRequest }
  /** CVAT has forgotten what it did, and the task has changed since. */
  | { is: "unknown"; note: RunNote };

/**
 * @param request the run over the task that CVAT knows of now
 * @param now what the task has
 */
export function leftBy(
  note: Note<RunNote> | undefined,
  request: AnnotateRequest | undefined,
  now: AnnotationCounts,
  frames: TaskFrames,
): Left {
  if (!note?.isDead) return { is: "nothing" };
  const { facts } = note;
  const isUnchanged = JSON.stringify(now) === JSON.stringify(facts.before);
  if (request === undefined) return isUnchanged ? { is: "unbegun", kept: facts.kept } : { is: "unknown", note: facts };
  if (request.enqueued === facts.last) return { is: "unbegun", kept: facts.kept };
  if (isOn(request)) return { is: "on", note: facts, request };
  if (request.status === "failed") return { is: "failed", note: facts, request };
  return { is: (request.progress ?? 0) < wholeAt(frames) ? "cancelled" : "finished", note: facts, request };
}

/** Whether two runs ask for the same. */
export function isSame(one: Asked, other: Asked): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * Refuses a run that may find a second time what one that died has found.
 * @throws UserError, exit code 2
 */
export function refuseTwice(left: Left, asked: Asked, task: string): void {
  if (asked.replace || left.is === "nothing" || left.is === "unbegun" || left.is === "on") return;
  if (left.is === "finished") return;
  const what =
    left.is === "unknown"
      ? "CVAT has forgotten how it ended, and the task has changed since"
      : `it was ${left.is === "failed" ? "failing" : "cancelled"} at ${left.request.progress ?? 0} % of the frames, and the task may have what it had found by then`;
  throw new UserError(
    `A run of ${left.note.asked.function} over task ${task} was begun by a command that died: ${what}. Another one would find it twice. --replace takes out what the task has; task annotate ${task} --cancel forgets the run that died.`,
    { exitCode: 2 },
  );
}
