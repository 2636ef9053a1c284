import type { CallOptions, CvatClient } from "../../../components/cvat/client/client.ts";
import { CvatError } from "../../../components/cvat/client/errors.ts";
import { UserError } from "../../../components/program/errors.ts";
import { patiently } from "../../../components/rest/patience.ts";
import { until } from "../../../components/rest/until.ts";
import { finished, RequestFailed, type Following } from "../cvat/requests.ts";
import type { Request } from "../../../components/cvat/client/types.ts";

export interface Beginning extends CallOptions {
  /** `tasks/3/annotations` */
  path: string;
}

/** What became of a request when its run was stopped. */
export type Left =
  /** CVAT had not begun with it, and does not. */
  | "taken back"
  /** CVAT carries on with it. */
  | "under way"
  /** Nothing is under way: it is done, failed, or never came to CVAT. */
  | "over";

/** What is done about a request when the run is stopped. */
export interface Stopping {
  /** Asks CVAT then: its calls do not end with the run's. */
  client: CvatClient;
  left: (how: Left) => void;
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
/** So often is waited for a request of the same kind that was there before. */
const ROUNDS = 5;
/** A person who has stopped the run waits for so long at most. */
const STOPPED_WITHIN_MS = 10_000;
const LOOK_MS = 500;

/**
 * Has CVAT do something that it does in its own time, and may be asked for twice, and waits for it. One that is under way already, as of a run
 * that was killed, is waited for first, since CVAT takes no second one. (cvat-rest-measured.md 5.7, 6.5)
 * @returns the finished request; undefined when CVAT has forgotten it, and it was done
 */
export async function done(
  client: CvatClient,
  beginning: Beginning,
  following: Following & { stopping?: Stopping | undefined },
): Promise<Request | undefined> {
  const { path, ...options } = beginning;
  const { signal, stopping } = following;
  for (let round = 1; round <= ROUNDS; round++) {
    let mine = true;
    try {
      const { id, isOurs } = await begun(client, path, options, signal);
      mine = isOurs;
      if (isOurs) return await finished(client, id, following);
      following.update?.("one of before is still under way");
      await finished(client, id, { ...following, wasDone: () => Promise.resolve(true) }).catch(unlessFailed);
    } catch (error) {
      if (signal?.aborted && stopping)
        // Who does not answer may carry on.
        stopping.left(mine ? await takenBack(stopping.client, path).catch(() => "under way" as const) : "over");
      throw error;
    }
  }
  throw new UserError(`${following.what}: others ask CVAT for the same again and again. Try later.`);
}

type Own = Request & { operation: { type: string; task_id: number | null; project_id: number | null } };

/**
 * Takes a request back that CVAT has not begun with; of one that it has begun with, its end is waited for a little. It is looked for, since a call
 * that was broken off told no number. (cvat-rest-measured.md 4.14)
 */
async function takenBack(client: CvatClient, path: string): Promise<Left> {
  const [, kind = "", number = ""] = /^(task|project)s\/(\d+)\//.exec(path) ?? [];
  const action = path.endsWith("/export") ? "export" : "import";
  const look = async () => {
    const requests = await client.list<Own>("requests", { query: { [`${kind}_id`]: Number(number) } });
    return requests.find(
      ({ status, operation: { type, task_id, project_id } }) =>
        type.startsWith(`${action}:`) &&
        (kind === "task" ? task_id : project_id) === Number(number) &&
        (status === "queued" || status === "started"),
    );
  };
  const request = await look();
  if (request?.status === "queued") {
    const isBack = await client.post(`requests/${encodeURIComponent(request.id)}/cancel`, undefined).then(
      () => true,
      (error: unknown) => {
        if (error instanceof CvatError && error.status === 400) return false;
        throw error;
      },
    );
    if (isBack) return "taken back";
  }
  const end = await until(look, { isDone: (one) => one === undefined, everyMs: LOOK_MS, withinMs: STOPPED_WITHIN_MS });
  return end === undefined ? "over" : "under way";
}

function unlessFailed(error: unknown): undefined {
  if (error instanceof RequestFailed) return undefined;
  throw error;
}

/** One that is refused as being under way is ours where a call before it had no answer. */
async function begun(client: CvatClient, path: string, options: CallOptions, signal: AbortSignal | undefined) {
  let isOurs = true;
  try {
    const post = async (attempt: number) => {
      isOurs = attempt > 1;
      return client.post<{ rq_id: string }>(path, undefined, options);
    };
    const mayPass = (error: Error) => error instanceof CvatError && error.maybeDone;
    const { rq_id } = await patiently(post, { attempts: ATTEMPTS, firstPauseMs: FIRST_PAUSE_MS, signal, mayPass });
    return { id: rq_id, isOurs: true };
  } catch (error) {
    const [, id] = (error instanceof CvatError && error.status === 409 && /rq_id: (\S+)/.exec(error.detail)) || [];
    if (id === undefined) throw error;
    return { id, isOurs };
  }
}
