import type { Workload } from "../charts/workloads.ts";
import { cronJobs } from "./cron-jobs.ts";
import { BACKUP_LABEL } from "./names.ts";
import type { BackupPlan } from "./plan.ts";

/** The pods that make, check and restore backups, those of Jobs that a person asks for among them. Nobody calls them. */
export const backupWorkloads = (plan: BackupPlan): Workload[] =>
  cronJobs(plan, undefined).map(({ name, namespace, spec }) => ({
    ...{ namespace, name, ports: [] },
    labels: { [BACKUP_LABEL]: spec.jobTemplate.metadata.labels[BACKUP_LABEL] },
  }));
