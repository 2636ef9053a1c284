import type { CvatClient } from "../../../components/cvat/client/client.ts";
import { CvatError } from "../../../components/cvat/client/errors.ts";
import type { Task } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { patiently } from "../../../components/rest/patience.ts";
import { until } from "../../../components/rest/until.ts";
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
}

export type AnnotateEnd =
  { how: "finished" } | { how: "cancelled"; progress: number } | { how: "failed"; reason: string };

export interface AnnotateWork {
  update?: (text: string) => void;
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
const CANCELLED_WITHIN_MS = 45_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 1_000;
/** The same for every run over a task and its jobs. (7.3) */
const idOf = (task: number) => `action=autoannotate&target=task&target_id=${task}`;
const pathOf = (task: number) => `lambda/requests/${encodeURIComponent(idOf(task))}`;
const isOn = (request: AnnotateRequest | undefined) => request?.status === "queued" || request?.status === "started";

/** @throws UserError, exit code 2, while a run over the task, or a job of it, is on */
export async function refuseRunOn(client: CvatClient, task: Pick<Task, "id" | "name">): Promise<void> {
  if (await runOn(client, task.id)) throw alreadyOn(task.name);
}

/** A run over the task that is on now. By its id everybody may read it, listed or not. (7.6) */
async function runOn(client: CvatClient, task: number): Promise<AnnotateRequest | undefined> {
  const request = await client.find<AnnotateRequest>(pathOf(task));
  return isOn(request) ? request : undefined;
}

/** Cancels what is on. @returns the percent it had come to; undefined where none was on */
export async function cancelRun(client: CvatClient, task: number, everyMs = EVERY_MS): Promise<number | undefined> {
  if ((await runOn(client, task)) === undefined) return undefined;
  return cancelled(client, task, everyMs);
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
  const { update = () => undefined, signal, clearing = client, everyMs = EVERY_MS } = work;
  const body = { function: name, task: task.id, mapping, cleanup, ...(threshold !== undefined && { threshold }) };
  const begun = { perhaps: false };
  try {
    await patiently(
      async (attempt) => {
        begun.perhaps = attempt > 1;
        try {
          await client.post("lambda/requests", body, { organization });
        } catch (error) {
          const isBusy = error instanceof CvatError && error.status === 409;
          // The call before may have been done, though no answer came.
          if (isBusy && attempt === 1) throw alreadyOn(task.name);
          begun.perhaps ||= !(error instanceof CvatError) || error.maybeDone;
          if (!isBusy) throw error;
        }
        begun.perhaps = true;
      },
      { attempts: ATTEMPTS, firstPauseMs: FIRST_PAUSE_MS, signal, mayPass: isUnanswered },
    );
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
    return { how: "cancelled", progress: await cancelled(clearing, task.id, everyMs) };
  }
}

const isUnanswered = (error: Error) => error instanceof CvatError && error.status === undefined;

const alreadyOn = (task: string) =>
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

/** It stops after the frame that it is at; in between CVAT knows nothing of it. (7.6) */
async function cancelled(client: CvatClient, task: number, everyMs: number): Promise<number> {
  const before = await client.find<AnnotateRequest>(pathOf(task));
  await client.remove(pathOf(task));
  const end = await until(() => client.find<AnnotateRequest>(pathOf(task)), {
    isDone: (request) => request !== undefined && !isOn(request),
    everyMs: Math.min(everyMs, 1_000),
    withinMs: before?.status === "queued" ? 0 : CANCELLED_WITHIN_MS,
  });
  return end?.progress ?? before?.progress ?? 0;
}

function stateText({ status, progress }: AnnotateRequest): string {
  return status === "queued" ? "waits for CVAT's annotation worker" : `${progress ?? 0} % of the frames`;
}
