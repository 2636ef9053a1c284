import { changedPlace, type Place } from "../kubernetes/cluster.ts";
import { changedKeys } from "../records/changed.ts";
import { IN_STATE_ALONE } from "../records/in-state.ts";
import type { ResourceKind, Run } from "../records/kind.ts";
import { waitForJob, type AwaitedJob } from "./job.ts";

interface Inputs extends AwaitedJob {
  connection: Place;
  /** UID of the Job: another one is waited for again. */
  job: string;
}

/** A wait until a Job of ours is done, which tells its last words where it failed. */
export const kind: ResourceKind<Inputs> = {
  diff: (olds, news) => ({
    changed: [...changedKeys(["job"], olds, news), ...changedPlace(olds, news)],
  }),
  create: async (inputs, run) => ({ id: "done", outs: await waited(inputs, run) }),
  ...IN_STATE_ALONE,
  update: (_id, _olds, news, run) => waited(news, run),
};

async function waited(inputs: Inputs, { signal }: Run): Promise<Inputs> {
  const { connection, name, failed, timeoutMs } = inputs;
  await waitForJob(connection, connection.namespace, { name, failed, timeoutMs }, signal);
  return inputs;
}
