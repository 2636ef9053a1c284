import { changedPlace, type Place } from "../kubernetes/cluster.ts";
import { changedKeys } from "../records/changed.ts";
import { IN_STATE_ALONE } from "../records/in-state.ts";
import type { ResourceKind, Run } from "../records/kind.ts";
import { waitForJob, type AwaitedJob } from "./job.ts";

/** What every wait for a Job of ours has. */
export interface JobInputs {
  connection: Place;
  /** UID of the Job: another one is waited for again. */
  job: string;
}

/**
 * A wait until a Job of ours is done, which tells its last words where it failed.
 * @param id of the resource, the same for all of them
 */
export function jobKind<Inputs extends JobInputs>(
  id: string,
  jobOf: (inputs: Inputs) => AwaitedJob,
): ResourceKind<Inputs> {
  const waited = async (inputs: Inputs, { signal }: Run) => {
    const { connection } = inputs;
    await waitForJob(connection, connection.namespace, jobOf(inputs), signal);
    return inputs;
  };
  return {
    diff: (olds, news) => ({
      changed: [...changedKeys(["job"], olds, news), ...changedPlace(olds, news)],
    }),
    create: async (inputs, run) => ({ id, outs: await waited(inputs, run) }),
    ...IN_STATE_ALONE,
    update: (_id, _olds, news, run) => waited(news, run),
  };
}

/** A Job that says itself what it is called and what it failed at. */
export const kind = jobKind<JobInputs & AwaitedJob>("done", ({ name, failed, timeoutMs }) => ({
  name,
  failed,
  timeoutMs,
}));
