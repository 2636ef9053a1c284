import type { V1Pod } from "@kubernetes/client-node";
import type { ClusterAccess } from "../kubernetes/cluster.ts";
import { UserError } from "../program/errors.ts";
import { until } from "../rest/until.ts";
import { namespaceReader } from "./client.ts";
import { lastWordsIn } from "./last-words.ts";
import { keyOf } from "./snapshot.ts";

const POLL_MS = 500;
interface JobStatus {
  status?: { conditions?: { type: string; status: string }[] };
}

/** The Job has a time limit of its own; this much later its end must be seen. */
const GRACE_MS = 15_000;

/** A Job that is waited for. Its pods carry its name in the label `app`. */
export interface AwaitedJob {
  name: string;
  /** What it failed at, as the beginning of a sentence: `CVAT's users were not made`. */
  failed: string;
  /** Milliseconds that it may take. */
  timeoutMs: number;
}

/**
 * Waits until a Job is done. The engine's own wait says that it failed, not what its pod said.
 * @throws UserError with the last words of the pod; what the signal was aborted with
 */
export async function waitForJob(
  access: ClusterAccess,
  namespace: string,
  { name, failed, timeoutMs }: AwaitedJob,
  signal: AbortSignal,
): Promise<void> {
  const reader = await namespaceReader(access, namespace, { signal });
  const notDone = async (when: string) => {
    const words = lastWords(name, await reader.pods());
    return new UserError(
      `${failed}${when}: ${words}. Cure it and run up again: the Job runs anew. (kubectl logs -n ${namespace} job/${name})`,
    );
  };
  const look = async () => {
    const job = (await reader.snapshot(new Set(["Job"]))).get(keyOf("Job", name)) as JobStatus | undefined;
    const is = (condition: string) =>
      job?.status?.conditions?.some(({ type, status }) => type === condition && status === "True") ?? false;
    if (is("Failed")) throw await notDone("");
    // One that somebody removed was done by an earlier run.
    return job === undefined || is("Complete");
  };
  await until(look, {
    isDone: (isOver) => isOver,
    everyMs: POLL_MS,
    withinMs: timeoutMs + GRACE_MS,
    late: () => notDone(" in time"),
    signal,
  });
}

/** What the youngest pod ended with, or why it does not start. */
function lastWords(job: string, pods: readonly V1Pod[]): string {
  const [pod] = pods
    .filter(({ metadata }) => metadata?.labels?.["app"] === job)
    .sort((one, other) => startOf(other) - startOf(one));
  const state = pod?.status?.containerStatuses?.[0]?.state;
  const terminated = state?.terminated;
  const waiting = state?.waiting;
  return (
    lastWordsIn(terminated?.message) ??
    (terminated && `its program ended with exit code ${terminated.exitCode}`) ??
    (waiting?.reason && `${waiting.reason}${waiting.message ? `: ${waiting.message}` : ""}`) ??
    "its pod did not start"
  );
}

const startOf = ({ metadata }: V1Pod): number => Number(new Date(metadata?.creationTimestamp ?? 0));
