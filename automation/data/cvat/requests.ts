import type { CvatClient } from "../../../components/cvat/client/client.ts";
import { CvatError } from "../../../components/cvat/client/errors.ts";
import type { Request } from "../../../components/cvat/client/types.ts";
import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import { duration } from "../../progress.ts";
import { isLost, lastLine, stateText } from "./request-state.ts";
import { queueOf, type LookAtWorkers, type Worker } from "./workers.ts";

const FIRST_MS = 500;
const SLOWER = { factor: 1.3, atMostMs: 5_000 };
const WITHIN_MS = 12 * 3_600_000;
/** From then on the pods are looked at, so often. */
const LOOK_MS = 60_000;
/** A CVAT that starts anew is up by then. */
const SILENT_MS = 300_000;

export interface Following {
  /** What it is, for what is said when it goes wrong: `making task street`. */
  what: string;
  /**
   * Whether what was asked for is done, for when CVAT knows the request no more: it forgets that of a made task 500 s after its end.
   * (cvat-rest-measured.md 4.12)
   */
  wasDone: () => Promise<boolean>;
  /** Told where it is, at each look. Default: nobody. */
  update?: (text: string) => void;
  /** Default: the pods are not looked at. */
  workers?: LookAtWorkers | undefined;
  /** Milliseconds after which it is waited for no longer. Default: half a day. */
  withinMs?: number;
  /** Milliseconds without news after which the pods are looked at, so often. Default: a minute. */
  lookMs?: number;
  /** Milliseconds between the first two looks; the pauses grow to five seconds. Default: half a second. */
  everyMs?: number;
  signal?: AbortSignal | undefined;
}

/** CVAT did not do what a request asks for. */
export class RequestFailed extends UserError {}

/** Nobody works on a request any more, whatever CVAT says of it. */
export class RequestLost extends UserError {}

/** What a request was about has been deleted meanwhile. */
export class RequestGone extends UserError {}

/**
 * Waits for a long-running request of CVAT.
 * @param id as the call gave it that made the request
 * @returns the finished request; undefined when CVAT has forgotten it, and it was done
 * @throws RequestFailed, RequestLost, RequestGone; UserError when the time is up or CVAT stays silent; what the signal was aborted with
 */
export async function finished(client: CvatClient, id: string, following: Following): Promise<Request | undefined> {
  const { what, wasDone, update = () => undefined, workers, signal } = following;
  const { withinMs = WITHIN_MS, lookMs = LOOK_MS, everyMs = FIRST_MS } = following;
  let seen = { text: "", sinceMs: 0 };
  let answeredMs = 0;
  let looked: { atMs: number; workers: Worker[] | undefined } = { atMs: 0, workers: undefined };

  const look = async (passedMs: number): Promise<Request | "forgotten" | undefined> => {
    const request = await client.request(id).catch((error: unknown) => {
      whenSilent(error, what, passedMs - answeredMs);
      update(`CVAT does not answer: ${(error as Error).message}`);
      return "silent" as const;
    });
    if (request === "silent") return undefined;
    answeredMs = passedMs;
    if (request === undefined) return "forgotten";
    const text = `${request.status} ${request.message}`;
    if (text !== seen.text) seen = { text, sinceMs: passedMs };
    const forMs = passedMs - seen.sinceMs;
    if (workers && forMs >= lookMs && passedMs - looked.atMs >= lookMs)
      looked = { atMs: passedMs, workers: await workers(queueOf(request.operation?.type ?? "")) };
    const known = forMs >= lookMs ? looked.workers : undefined;
    update(stateText(request, forMs, known));
    if (known && isLost(request, known)) throw new RequestLost(lostText(what, request, known));
    return request;
  };

  const end = await until(look, {
    isDone: (request) => request === "forgotten" || request?.status === "finished" || request?.status === "failed",
    everyMs,
    slower: SLOWER,
    withinMs,
    late: (request) =>
      new UserError(
        `After ${duration(withinMs)} of ${what} it is waited for no longer: ${typeof request === "object" ? stateText(request, 0) : "CVAT does not answer"}. CVAT goes on with it.`,
      ),
    signal,
  });
  if (end === "forgotten") {
    if (await wasDone()) return undefined;
    throw new RequestFailed(
      `CVAT knows nothing of ${what} any more, and it is not done: somebody has cancelled it, or its queue was emptied.`,
    );
  }
  if (end?.status === "failed") throw new RequestFailed(`CVAT failed at ${what}: ${lastLine(end.message)}`);
  return end;
}

/** What may pass is waited out for a while; the rest is thrown. */
function whenSilent(error: unknown, what: string, forMs: number): void {
  if (!(error instanceof CvatError)) throw error;
  // So it answers of a task that is gone. (cvat-real-third-look.md 3.9)
  if (error.status === 400)
    throw new RequestGone(`What ${what} was about has been deleted in CVAT meanwhile: ${error.detail}`);
  if (!error.maybeDone && error.status !== 429) throw error;
  if (forMs > SILENT_MS)
    throw new UserError(`CVAT has not answered for ${duration(forMs)}, and ${what} is waited for no longer.`, {
      cause: error,
    });
}

function lostText(what: string, { started_date }: Request, workers: readonly Worker[]): string {
  const pods = workers.map(({ pod, state, since }) => `${pod} (${since ? `since ${since.toISOString()}` : state})`);
  return [
    `Nobody works on ${what} any more, though CVAT says it was started at ${started_date ?? ""}: no worker that was there then is there now.`,
    `Workers: ${pods.join(", ") || "none"}.`,
  ].join(" ");
}
