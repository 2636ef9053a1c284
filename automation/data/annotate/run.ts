import type { CvatClient } from "../../../components/cvat/client/client.ts";
import { CvatError } from "../../../components/cvat/client/errors.ts";
import type { Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { patiently } from "../../../components/rest/patience.ts";
import { until } from "../../../components/rest/until.ts";
import type { TaskFrames } from "../cvat/frames.ts";
import { lastLine } from "../cvat/request-state.ts";
import type { CvatSpace } from "../cvat/space.ts";
import type { Mapping } from "./mapping.ts";

/** A run as CVAT tells it. It is in no list of requests; these have one of their own. (cvat-real-third-look.md 7.3) */
export interface AnnotateRequest {
  id: string;
  status: "queued" | "started" | "finished" | "failed";
  /** Percent of the task's frames. */
  progress: number | null;
  /** Traceback; of a run that waits it may be that of the one before. (7.4) */
  exc_info: string | null;
  function?: { id: string };
  /** When it was asked for: tells it from the one before, since all have one id. */
  enqueued: string;
}

export interface AnnotateWish {
  task: Pick<Task, "id" | "name">;
  function: string;
  threshold?: number;
  mapping: Mapping;
  /** Whether CVAT removes all annotations before it begins. */
  cleanup: boolean;
  /** Percent that a run over all frames ends at. Below it, somebody has cancelled it. */
  wholeAt: number;
  /** Whether it is on already, and is only waited for. */
  isOn: boolean;
  /** When the run was enqueued that CVAT knew before; null where it knew none. */
  last: string | null;
}

export type AnnotateEnd =
  { how: "finished" } | { how: "cancelled"; progress: number } | { how: "failed"; reason: string };

export interface AnnotateWork {
  update?: (text: string) => void;
  /** Is told once CVAT may have begun. */
  begun?: () => void;
  /** Cancels the run. */
  signal?: AbortSignal | undefined;
  /** Asks CVAT while the run is cancelled: its calls do not end with the run's. Default: the space's own. */
  clearing?: CvatClient;
  /** Milliseconds between the first two looks; the pauses grow to three seconds. Default: 250. */
  everyMs?: number;
}

const EVERY_MS = 250;
/** A run takes minutes to hours. */
const SELDOM_MS = 3_000;
/** What is cancelled ends with its frame; what had not begun is gone at once. */
const WITHIN_MS = { started: 45_000, waiting: 2_000 };
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 1_000;
/** The same for every run over a task and its jobs. (7.3) */
const idOf = (task: number) => `action=autoannotate&target=task&target_id=${task}`;
const pathOf = (task: number) => `lambda/requests/${encodeURIComponent(idOf(task))}`;
export const isOn = (request: AnnotateRequest | undefined): boolean =>
  request?.status === "queued" || request?.status === "started";

/** The last run over the task that CVAT knows of. By its id everybody may read it, listed or not. (7.6) */
export function lastRun(client: CvatClient, task: number): Promise<AnnotateRequest | undefined> {
  return client.find<AnnotateRequest>(pathOf(task));
}

/** Percent that a run over all frames ends at: the last one that is not taken out counts. */
export function wholeAt({ size, deleted }: TaskFrames): number {
  const gone = new Set(deleted);
  let last = size - 1;
  while (last > 0 && gone.has(last)) last--;
  return Math.floor(((last + 1) / size) * 100);
}

/** Cancels what is on. @returns the percent it had come to; undefined where none was on */
export async function cancelRun(client: CvatClient, task: number, everyMs = EVERY_MS): Promise<number | undefined> {
  if (!isOn(await lastRun(client, task))) return undefined;
  return (await cancelled(client, task, everyMs))?.progress ?? 0;
}

/**
 * Has a function annotate every frame of a task through CVAT, and waits.
 * @returns how it ended. A run that somebody cancelled reads `finished` in CVAT, and keeps what it has (7.6)
 * @throws UserError where one is on already
 */
export async function annotated(
  { client, organization }: CvatSpace,
  wish: AnnotateWish,
  work: AnnotateWork,
): Promise<AnnotateEnd> {
  const { task, function: name, threshold, mapping, cleanup } = wish;
  const {
    update = () => undefined,
    begun: told = () => undefined,
    signal,
    clearing = client,
    everyMs = EVERY_MS,
  } = work;
  const body = { function: name, task: task.id, mapping, cleanup, ...(threshold !== undefined && { threshold }) };
  const begun = { perhaps: wish.isOn };
  const begin = async (attempt: number) => {
    begun.perhaps = attempt > 1;
    // The call before may have been done, though no answer came, and its run over by now.
    const enqueued = attempt > 1 ? (await lastRun(client, task.id))?.enqueued : undefined;
    if (enqueued !== undefined && enqueued !== wish.last) return;
    try {
      await client.post("lambda/requests", body, { organization });
    } catch (error) {
      const isBusy = error instanceof CvatError && error.status === 409;
      if (isBusy && attempt === 1) throw alreadyOn(task.name);
      begun.perhaps ||= !(error instanceof CvatError) || error.maybeDone;
      if (begun.perhaps) told();
      if (!isBusy) throw error;
    }
    begun.perhaps = true;
    told();
  };
  try {
    if (!wish.isOn)
      await patiently(begin, { attempts: ATTEMPTS, firstPauseMs: FIRST_PAUSE_MS, signal, mayPass: isUnanswered });
    const end = await until(
      async () => {
        const request = await client.find<AnnotateRequest>(pathOf(task.id));
        if (request) update(stateText(request));
        return request;
      },
      {
        isDone: (request) => !isOn(request),
        everyMs,
        slower: { factor: 1.5, atMostMs: Math.max(everyMs, SELDOM_MS) },
        signal,
      },
    );
    return endOf(end, wish.wholeAt);
  } catch (error) {
    if (!signal?.aborted || !begun.perhaps) throw error;
    update("cancelling");
    const end = await cancelled(clearing, task.id, everyMs);
    // It may have been whole by then.
    return end?.status === "finished" ? endOf(end, wish.wholeAt) : { how: "cancelled", progress: end?.progress ?? 0 };
  }
}

const isUnanswered = (error: Error) => error instanceof CvatError && error.status === undefined;

/** A run over the task, or a job of it, is on. */
export const alreadyOn = (task: string): UserError =>
  new UserError(
    `A run over task ${task}, or over a job of it, is on already, perhaps by somebody else. Wait for it, or end it: task annotate ${task} --cancel. One whose worker died stays so until then.`,
  );

/** One that CVAT knows no more has ended, and nobody knows how: it keeps what is finished for half an hour. */
function endOf(request: AnnotateRequest | undefined, wholeAt: number): AnnotateEnd {
  if (!request) return { how: "failed", reason: "CVAT knows nothing of the run any more" };
  if (request.status === "failed")
    return { how: "failed", reason: lastLine(request.exc_info ?? "") || "CVAT says not why" };
  const progress = request.progress ?? 0;
  return progress < wholeAt ? { how: "cancelled", progress } : { how: "finished" };
}

/**
 * It stops after the frame that it is at; in between CVAT knows nothing of it. (7.6)
 * @returns the run as it ended; undefined where CVAT knows none
 */
async function cancelled(client: CvatClient, task: number, everyMs: number): Promise<AnnotateRequest | undefined> {
  const before = await lastRun(client, task);
  // One that is over would be forgotten by it.
  if (before && !isOn(before)) return before;
  await client.remove(pathOf(task));
  const end = await until(() => lastRun(client, task), {
    isDone: (request) => request !== undefined && !isOn(request),
    everyMs: Math.min(everyMs, 1_000),
    withinMs: WITHIN_MS[before?.status === "started" ? "started" : "waiting"],
  });
  return end ?? before;
}

function stateText({ status, progress }: AnnotateRequest): string {
  return status === "queued" ? "waits for CVAT's annotation worker" : `${progress ?? 0} % of the frames`;
}
