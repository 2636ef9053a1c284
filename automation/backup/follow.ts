import { Writable } from "node:stream";
import {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  KubernetesObjectApi,
  Log,
  type KubeConfig,
  type V1CronJob,
  type V1Pod,
} from "@kubernetes/client-node";
import { UserError } from "../../components/program/errors.ts";
import { until } from "../../components/rest/until.ts";
import { refusal } from "../data/in-cluster/cluster.ts";
import { endOf, troubleOf } from "../data/in-cluster/troubles.ts";
import type { JobObject } from "./job.ts";
import { LineReader, type Told } from "./told.ts";

const LOOK_MS = 1_000;
const PATIENCE_MS = 600_000;
const LAST_WORDS_MS = 5_000;

/** A Job of backups in the cluster. */
export interface JobAtWork {
  config: KubeConfig;
  namespace: string;
  name: string;
  signal: AbortSignal;
  /** Is told how far it is. */
  say: (text: string) => void;
}

/** Makes a Job of a CronJob's own template. @throws UserError where there is no such CronJob, or the cluster refuses it */
export async function begin(
  config: KubeConfig,
  namespace: string,
  cronJob: string,
  job: (from: V1CronJob) => JobObject,
) {
  const batch = config.makeApiClient(BatchV1Api);
  try {
    const from = await batch.readNamespacedCronJob({ namespace, name: cronJob });
    await KubernetesObjectApi.makeApiClient(config).create(job(from));
  } catch (error) {
    if (error instanceof ApiException && error.code === 404)
      throw new UserError(
        `There is no CronJob ${cronJob} in namespace ${namespace}: npm run platform -- up makes it, where vision-platform:backup has this part.`,
      );
    throw new UserError(refusal("make a Job", namespace, error), { cause: error });
  }
}

/**
 * Follows a Job's log to its end. Stopping it leaves the Job at work.
 * @returns what it said last, and its exit code
 * @throws UserError where its pod does not begin, or ends without a word
 */
export async function followed({ config, namespace, name, signal, say }: JobAtWork): Promise<Told> {
  const core = config.makeApiClient(CoreV1Api);
  const lines = new LineReader(say);
  let log: Promise<void> | undefined;
  const labelSelector = `batch.kubernetes.io/job-name=${name}`;
  const look = async () => {
    const { items } = await core.listNamespacedPod({ namespace, labelSelector });
    const [pod] = items;
    if (pod === undefined) return undefined;
    if (hasBegun(pod)) log ??= logOf(config, pod, lines, signal);
    const trouble = troubleOf(items);
    if (trouble) say(trouble.text);
    return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" ? pod : undefined;
  };
  let begun = Date.now();
  const ended = await until(
    async () => {
      const found = await look();
      if (log !== undefined) begun = Date.now();
      if (log === undefined && found === undefined && Date.now() - begun > PATIENCE_MS)
        throw new UserError(
          `No pod of Job ${name} runs after ${PATIENCE_MS / 60_000} minutes. See: kubectl --namespace ${namespace} describe job ${name}`,
        );
      return found;
    },
    { isDone: (pod) => pod !== undefined, everyMs: LOOK_MS, signal },
  );
  // A log that is followed may end later than its pod.
  await until(() => lines.result, {
    isDone: (result) => result !== undefined,
    everyMs: 100,
    withinMs: LAST_WORDS_MS,
    signal,
  });
  // Of a pod that failed the cluster keeps its last words also where its log is lost.
  if (lines.result === undefined) lines.take(`${lastWordsOf(ended)}\n`);
  if (lines.result === undefined)
    throw new UserError(
      `Job ${name} has ended without a result: ${(ended && endOf(ended)) ?? "its log was lost"}. See: kubectl --namespace ${namespace} logs job/${name}`,
    );
  return lines.result;
}

const lastWordsOf = (pod: V1Pod | undefined): string =>
  pod?.status?.containerStatuses?.[0]?.state?.terminated?.message ?? "";

const hasBegun = ({ status }: V1Pod) => status?.phase !== undefined && status.phase !== "Pending";

/** The log of a pod, as it comes. A stream that breaks off is begun again from its start: lines that were said are not said again. */
async function logOf(config: KubeConfig, pod: V1Pod, lines: LineReader, signal: AbortSignal): Promise<void> {
  const name = pod.metadata?.name ?? "";
  const namespace = pod.metadata?.namespace ?? "";
  const container = pod.spec?.containers[0]?.name ?? "";
  await new Promise<void>((resolve) => {
    const stream = new Writable({
      write(piece: Buffer, _encoding, done) {
        lines.take(piece.toString());
        done();
      },
    });
    stream.once("close", resolve);
    stream.once("finish", resolve);
    stream.once("error", resolve);
    new Log(config)
      .log(namespace, name, container, stream, { follow: true })
      .then((ends) => {
        signal.addEventListener("abort", () => {
          ends.abort();
          resolve();
        });
      })
      .catch(() => {
        resolve();
      });
  });
}
