import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import { REQUEST_VARIABLE } from "../../components/backup/pod.ts";

/** By which a Job is known that somebody made of a CronJob's template, as `kubectl create job --from` does. (kubernetes: kubectl, create_job.go) */
const BY_HAND = { "cronjob.kubernetes.io/instantiate": "manual" };

/** Place of the command among a container's words. */
const COMMAND = 2;

/**
 * A Job that does now what the CronJob does on its schedule.
 * @param request what it is asked beyond, of which nothing is secret. Default: what the schedule does
 * @param command another one of the scripts' than the schedule's, such as `restore`
 */
export function jobFrom({ metadata, spec }: V1CronJob, name: string, request?: object, command?: string) {
  const template = spec?.jobTemplate;
  if (template?.spec === undefined) throw new Error(`CronJob ${metadata?.name ?? ""} has no template`);
  const job = structuredClone(template);
  for (const { env = [] } of request ? (job.spec?.template.spec?.containers ?? []) : [])
    for (const one of env) if (one.name === REQUEST_VARIABLE) one.value = JSON.stringify(request);
  // `python3 backup.py COMMAND SETTINGS` (components/backup/pod.ts)
  if (command !== undefined)
    for (const one of job.spec?.template.spec?.containers ?? []) one.command?.splice(COMMAND, 1, command);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace: metadata?.namespace ?? "",
      labels: job.metadata?.labels,
      annotations: { ...job.metadata?.annotations, ...BY_HAND },
      // So that it counts among the few that are kept, and goes with the CronJob.
      ownerReferences: [
        {
          ...{ apiVersion: "batch/v1", kind: "CronJob", name: metadata?.name ?? "", uid: metadata?.uid ?? "" },
          controller: true,
        },
      ],
    },
    spec: job.spec,
  };
}

export type JobObject = ReturnType<typeof jobFrom>;

/** What a Job was asked beyond its schedule. Undefined: nothing. */
export function requestOf({ spec }: V1Job): Readonly<Record<string, unknown>> | undefined {
  const variables = spec?.template.spec?.containers.flatMap(({ env = [] }) => env) ?? [];
  const text = variables.find(({ name }) => name === REQUEST_VARIABLE)?.value ?? "";
  return text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>);
}
