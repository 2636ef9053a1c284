import type { V1CronJob, V1Job, V1Pod } from "@kubernetes/client-node";
import { BACKUP_CONTAINER } from "../../components/backup/names.ts";
import { podHasEnded } from "../../components/kubernetes/pod-phase.ts";
import { UserError } from "../../components/program/errors.ts";
import { until } from "../../components/rest/until.ts";
import { failureOf, heldUp, troubleOf, type Cures } from "../data/in-cluster/troubles.ts";
import type { Asked } from "./asked.ts";
import type { JobObject } from "./job.ts";
import { LineReader, type Told } from "./told.ts";

const LOOK_MS = 300;
/** A run may take hours, and its whole log is read at each look. */
const SLOWER = { factor: 1.1, atMostMs: 5_000 };
/** A pod that has not begun by then does not begin. */
const PATIENCE_MS = 600_000;

/** A pod that is ended has half a minute. */
const ENDED_WITHIN_MS = 45_000;

const CURES: Cures = {
  image: "See whether the nodes reach its registry: vision-platform:backup has keys for other images.",
  room: "",
  memory: "",
};

/** A Job of backups in the cluster, and who is asked about it. */
export interface JobPlace {
  asked: Asked;
  namespace: string;
  name: string;
}

export interface JobAtWork extends JobPlace {
  /** Ends the following, and not the Job. */
  signal: AbortSignal;
  /** Is told how far it is. */
  say: (text: string) => void;
}

const batchPath = ({ namespace }: JobPlace) => `/apis/batch/v1/namespaces/${namespace}`;
const jobPath = (at: JobPlace) => `${batchPath(at)}/jobs/${at.name}`;
const podsPath = ({ namespace }: JobPlace) => `/api/v1/namespaces/${namespace}/pods`;

/** A CronJob, of whose template a Job is made. @throws UserError where there is none */
export async function cronJobAt(at: JobPlace, name: string): Promise<V1CronJob> {
  const found = await at.asked.get<V1CronJob>(`${batchPath(at)}/cronjobs/${name}`);
  if (found) return found;
  throw new UserError(
    `There is no CronJob ${name} in namespace ${at.namespace}: npm run platform -- up makes it, where vision-platform:backup has this part.`,
  );
}

/** @returns what was made. @throws UserError where the cluster refuses it, and where it does not say */
export const begin = (at: JobPlace, job: JobObject): Promise<V1Job> =>
  at.asked.post<V1Job>(`${batchPath(at)}/jobs`, job);

/**
 * Follows a Job's log to its end. Stopping that leaves the Job at work.
 * @returns what it said last
 * @throws UserError where its pod does not begin, where it ends without a result, and where somebody removed it
 */
export async function followed({ signal, say, ...at }: JobAtWork): Promise<Told> {
  const { namespace, name } = at;
  const lines = new LineReader(say);
  const held = heldUp();
  let hasBegun = false;
  const look = async (passedMs: number) => {
    // The Job before its log: of one that has ended all is there.
    const job = await jobAt(at);
    const pods = await podsOf(at);
    hasBegun ||= pods.some(isBegun);
    const isDone = job === undefined || hasEnded(job);
    const log = logOf(at, pods);
    // A node that does not answer for a while ends no run.
    lines.takeWhole(await (isDone ? log : log.catch(() => "")));
    if (isDone) return { job, pods, isDone };
    const trouble = held.by(troubleOf(pods, CURES), passedMs);
    if (trouble !== undefined) say(trouble);
    if (!hasBegun && passedMs > PATIENCE_MS)
      throw new UserError(
        `No pod of Job ${name} runs after ${PATIENCE_MS / 60_000} minutes. See: kubectl --namespace ${namespace} describe job ${name}`,
      );
    return { job, pods, isDone };
  };
  const { job, pods } = await until(look, {
    isDone: ({ isDone }) => isDone,
    ...{ everyMs: LOOK_MS, slower: SLOWER, signal },
  });
  // Of a pod that failed the cluster keeps its last words also where its log is lost.
  const result = lines.result ?? resultIn(pods.map(lastWordsOf));
  if (result !== undefined) return result;
  if (job === undefined) throw new UserError(`Job ${name} was removed before it had a result.`);
  throw new UserError([
    `Job ${failureOf(job, pods, CURES) ?? `${name} has ended without a result: its log was lost.`}`,
    `See: kubectl --namespace ${namespace} logs job/${name} --container ${BACKUP_CONTAINER}`,
  ]);
}

/** Whether a Job has ended, however it did. */
export const hasEnded = ({ status }: V1Job): boolean =>
  status?.conditions?.some(({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True") ??
  false;

/** Its pods, those that have ended too. */
async function podsOf(at: JobPlace): Promise<V1Pod[]> {
  const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${at.name}`);
  const list = await at.asked.get<{ items: V1Pod[] }>(`${podsPath(at)}?labelSelector=${selector}`);
  return list?.items ?? [];
}

/**
 * Ends a Job that has not ended by itself, and waits for its pods.
 * @returns false where pods are still at work
 * @throws UserError where the API server does not say
 */
export async function ended(at: JobPlace): Promise<boolean> {
  const job = await jobAt(at);
  if (job !== undefined && !hasEnded(job)) await at.asked.remove(jobPath(at));
  const pods = await until(() => podsOf(at), {
    isDone: (seen) => seen.every(podHasEnded),
    ...{ everyMs: LOOK_MS, withinMs: ENDED_WITHIN_MS },
  });
  return pods.every(podHasEnded);
}

/** Undefined where there is no such Job. */
const jobAt = (at: JobPlace): Promise<V1Job | undefined> => at.asked.get<V1Job>(jobPath(at));

const isBegun = ({ status }: V1Pod) => status?.phase !== undefined && status.phase !== "Pending";

/** What the scripts' container has written so far. */
async function logOf(at: JobPlace, pods: readonly V1Pod[]): Promise<string> {
  const pod = pods.find(isBegun);
  if (pod === undefined) return "";
  return at.asked.log(`${podsPath(at)}/${pod.metadata?.name ?? ""}/log?container=${BACKUP_CONTAINER}`);
}

function resultIn(words: readonly string[]): Told | undefined {
  const lines = new LineReader(() => undefined);
  for (const each of words) lines.take(`${each}\n`);
  return lines.result;
}

const lastWordsOf = ({ status }: V1Pod): string => {
  const own = status?.containerStatuses?.find(({ name }) => name === BACKUP_CONTAINER);
  return own?.state?.terminated?.message ?? "";
};
