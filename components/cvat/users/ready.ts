import { changedPlace, type Place } from "../../kubernetes/cluster.ts";
import { waitForJob } from "../../readiness/job.ts";
import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind, Run } from "../../records/kind.ts";
import { USERS } from "../names.ts";

interface Inputs {
  connection: Place;
  /** UID of the Job: another one is waited for again. */
  job: string;
  /** How long the Job may take, in milliseconds. */
  timeoutMs: number;
}

/** A wait until the Job has made CVAT's users, which tells its last words where it has not. */
export const kind: ResourceKind<Inputs> = {
  diff: (olds, news) => ({
    changed: [...changedKeys(["job"], olds, news), ...changedPlace(olds, news)],
  }),
  create: async (inputs, run) => ({ id: "ready", outs: await waited(inputs, run) }),
  ...IN_STATE_ALONE,
  update: (_id, _olds, news, run) => waited(news, run),
};

async function waited(inputs: Inputs, { signal }: Run): Promise<Inputs> {
  const { connection, timeoutMs } = inputs;
  const job = { name: USERS, failed: "CVAT's users were not made", timeoutMs };
  await waitForJob(connection, connection.namespace, job, signal);
  return inputs;
}
