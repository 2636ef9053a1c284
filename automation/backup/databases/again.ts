import { randomBytes } from "node:crypto";
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import { failureOf } from "../../data/in-cluster/troubles.ts";
import type { Asked } from "../asked.ts";
import { hasEnded } from "../follow.ts";

const LOOK_MS = 500;
const WITHIN_MS = 1_800_000;
const KEPT_S = 3_600;
const CURES = { image: "", room: "", memory: "" };

/** What a Job's controller writes into its template, and a second Job must not have. (kubernetes: pkg/apis/batch) */
const OF_ITS_CONTROLLER = [
  "controller-uid",
  "job-name",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-name",
];

/** The same Job once more, under another name. It goes with the first. */
export function anotherOf({ metadata, spec }: V1Job, name: string) {
  if (spec === undefined) throw new Error(`Job ${metadata?.name ?? ""} has no spec`);
  const { backoffLimit, activeDeadlineSeconds, template } = structuredClone(spec);
  const labels = template.metadata?.labels ?? {};
  for (const key of OF_ITS_CONTROLLER) Reflect.deleteProperty(labels, key);
  const owner = { apiVersion: "batch/v1", kind: "Job", name: metadata?.name ?? "", uid: metadata?.uid ?? "" };
  return {
    ...{ apiVersion: "batch/v1", kind: "Job" },
    metadata: { name, namespace: metadata?.namespace ?? "", ownerReferences: [owner] },
    spec: { backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished: KEPT_S, template },
  };
}

/**
 * Does a Job of the lab once more, and waits for its end.
 * @throws UserError where it is not there, and where it fails
 */
export async function doneAgain(asked: Asked, namespace: string, name: string, signal: AbortSignal): Promise<void> {
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const job = await asked.get<V1Job>(`${jobs}/${name}`);
  if (job === undefined)
    throw new UserError(
      `Job ${name} is not in namespace ${namespace}, by which the database comes to what the stack file says. Let the stack take note, and make it: pulumi refresh, npm run platform -- up.`,
    );
  const own = `${name}-${randomBytes(4).toString("hex")}`;
  await asked.post(jobs, anotherOf(job, own));
  const look = async () => {
    const now = await asked.get<V1Job>(`${jobs}/${own}`);
    if (now === undefined) throw new UserError(`Job ${own} was removed before it had ended.`);
    return now;
  };
  const ended = await until(look, {
    ...{ isDone: hasEnded, everyMs: LOOK_MS, withinMs: WITHIN_MS, signal },
    late: () => new UserError(`Job ${own} has not ended after ${WITHIN_MS / 60_000} minutes.`),
  });
  const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${own}`);
  const pods = await asked.get<{ items: V1Pod[] }>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
  const failure = failureOf(ended, pods?.items ?? [], CURES);
  if (failure !== undefined) throw new UserError(`Job ${failure}`);
}
