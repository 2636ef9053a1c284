import type { CallOptions, CvatClient } from "../../../components/cvat/client/client.ts";
import { CvatError } from "../../../components/cvat/client/errors.ts";
import { UserError } from "../../../components/program/errors.ts";
import { patiently } from "../../../components/rest/patience.ts";
import { finished, RequestFailed, type Following } from "../cvat/requests.ts";
import type { Request } from "../../../components/cvat/client/types.ts";

export interface Beginning extends CallOptions {
  /** `tasks/3/annotations` */
  path: string;
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
/** So often is waited for a request of the same kind that was there before. */
const ROUNDS = 5;

/**
 * Has CVAT do something that it does in its own time, and may be asked for twice, and waits for it. One that is under way already, as of a run
 * that was killed, is waited for first, since CVAT takes no second one. (cvat-rest-measured.md 5.7, 6.5)
 * @returns the finished request; undefined when CVAT has forgotten it, and it was done
 */
export async function done(
  client: CvatClient,
  { path, ...options }: Beginning,
  following: Following,
): Promise<Request | undefined> {
  for (let round = 1; round <= ROUNDS; round++) {
    const { id, isOurs } = await begun(client, path, options, following.signal);
    if (isOurs) return finished(client, id, following);
    following.update?.("one of before is still under way");
    await finished(client, id, { ...following, wasDone: () => Promise.resolve(true) }).catch(unlessFailed);
  }
  throw new UserError(`${following.what}: others ask CVAT for the same again and again. Try later.`);
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
