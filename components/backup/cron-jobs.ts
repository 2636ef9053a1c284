import type { Mirror } from "../images/mirror.ts";
import { databasePod } from "./databases/database-pod.ts";
import type { Part } from "./parts.ts";
import type { BackupPlan } from "./plan.ts";
import { backupPod } from "./pod.ts";

/** A CronJob: one command of the scripts, in a pod of its own kind. */
interface Row {
  part: Part;
  command: string;
  namespace: string;
  longestHours: number;
  pod: object;
}

const HOUR = 3600;
const LABEL = "vision-platform/backup";

/** Name of a CronJob: `backup-projects`. */
export const cronJobName = (command: string): string => `backup-${command}`;

/** CronJobs of what is backed up, by name. */
export function cronJobs(plan: BackupPlan, mirror: Mirror | undefined) {
  return rowsOf(plan, mirror).map(({ part, command, namespace, longestHours, pod }) => ({
    name: cronJobName(command),
    namespace,
    spec: {
      schedule: plan.config[part].schedule,
      timeZone: plan.config.timeZone,
      // A night that was missed for longer is left to the next.
      startingDeadlineSeconds: HOUR,
      concurrencyPolicy: "Forbid",
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels: { [LABEL]: command } },
        spec: {
          // What failed is told, and done again the next night: at once it would most often fail alike.
          backoffLimit: 0,
          activeDeadlineSeconds: longestHours * HOUR,
          template: { metadata: { labels: { [LABEL]: command } }, spec: pod },
        },
      },
    },
  }));
}

function rowsOf(plan: BackupPlan, mirror: Mirror | undefined): Row[] {
  const { namespace } = plan;
  // A zip goes through in pieces; one export of a project with many pictures takes CVAT an hour and more.
  const projects: Row = {
    ...{ part: "projects", command: "projects", namespace, longestHours: 20 },
    pod: backupPod({ plan, mirror, command: "projects", memory: "512Mi" }),
  };
  return [
    ...(plan.parts.includes("projects") ? [projects] : []),
    ...plan.databases.map((database): Row => ({
      ...{ part: "databases", command: database.engine, namespace: database.namespace, longestHours: 12 },
      pod: databasePod(database, plan, mirror),
    })),
  ];
}
