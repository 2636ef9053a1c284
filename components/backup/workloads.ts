import type { Workload } from "../charts/workloads.ts";
import { cronJobName, podLabels } from "./cron-jobs.ts";
import type { BackupPlan } from "./plan.ts";

/** The pods of runs, for whom ways are opened. Nobody calls them. (components/network/ways.ts) */
export function backupWorkloads({ parts, namespace }: Pick<BackupPlan, "parts" | "namespace">): Workload[] {
  const commands = parts.filter((part) => part === "projects");
  return commands.map((name) => ({ namespace, name: cronJobName(name), labels: podLabels(name), ports: [] }));
}
