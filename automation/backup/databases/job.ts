import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import { REQUEST_VARIABLE } from "../../../components/backup/pod.ts";

/** A Job's time on the cluster when nobody removes it. */
const KEPT_SECONDS = 3600;

/** A Job of a CronJob's own template, as `kubectl create job --from` makes it, that is asked for something of its own. */
export function jobOf(cronJob: V1CronJob, name: string, request: object) {
  const { metadata, spec } = cronJob;
  const template = structuredClone(spec?.jobTemplate);
  for (const { env = [] } of template?.spec?.template.spec?.containers ?? [])
    for (const one of env) if (one.name === REQUEST_VARIABLE) one.value = JSON.stringify(request);
  const owner = { apiVersion: "batch/v1", kind: "CronJob", name: metadata?.name, uid: metadata?.uid };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: metadata?.namespace,
      labels: template?.metadata?.labels,
      annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
      ownerReferences: [owner],
    },
    spec: { ...template?.spec, ttlSecondsAfterFinished: KEPT_SECONDS },
  };
}

/** Whether a Job has ended, however it did. */
export const hasEnded = ({ status }: V1Job): boolean =>
  status?.conditions?.some(({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True") ??
  false;

/** What the scripts say: how far they are, and what came of it. (components/backup/script/progress.py) */
export function linesOf(log: string): { said: string[]; result: unknown } {
  const said: string[] = [];
  let result: unknown;
  for (const line of log.split("\n")) {
    const told = parsed(line);
    if (told?.say !== undefined) said.push(told.say);
    if (told?.result !== undefined) result = told.result;
  }
  return { said, result };
}

function parsed(line: string): { say?: string; result?: unknown } | undefined {
  try {
    const told = JSON.parse(line) as unknown;
    return typeof told === "object" && told !== null ? told : undefined;
  } catch {
    return undefined;
  }
}
