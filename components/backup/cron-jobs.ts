import type { Mirror } from "../images/mirror.ts";
import { databasePod } from "./databases/database-pod.ts";
import { BACKUP_LABEL as LABEL } from "./names.ts";
import type { Part } from "./parts.ts";
import type { BackupPlan } from "./plan.ts";
import { backupPod } from "./pod.ts";
import { volumeLabels, volumePod } from "./volumes/volume-pod.ts";

/** The CronJobs, each a command of the scripts. */
const ROWS: readonly {
  /** Section of the stack file that has its schedule. */
  of: Part | "drill";
  /** Part without which there is nothing for it to do. */
  part: Part;
  command: string;
  memory: string;
  longestHours: number;
  why: string;
}[] = [
  {
    of: "projects",
    part: "projects",
    command: "projects",
    memory: "512Mi",
    longestHours: 20,
    why: "a zip goes through in pieces; one export of a project with many pictures takes CVAT an hour and more",
  },
  {
    of: "drill",
    part: "projects",
    command: "drill",
    memory: "512Mi",
    longestHours: 20,
    why: "restores one project after the other, whose annotations it has in memory one task at a time",
  },
];

/** A dump of 100 GB takes two hours or three. */
const LONGEST_DUMP_HOURS = 12;
/** The first one of a volume sends all of it; 20,000 files take some minutes. */
const LONGEST_VOLUME_HOURS = 20;
const HOUR = 3600;

/** Name of a CronJob: `backup-projects`. */
export const cronJobName = (command: string): string => `backup-${command}`;

/** What backs up a part: each with a CronJob of its own. */
export function commandsOf({ namespace, databases, volumes }: BackupPlan, part: Part) {
  if (part === "databases")
    return databases.map((database) => ({ command: database.engine, namespace: database.namespace }));
  if (part === "volumes") return volumes.map((volume) => ({ command: volume.name, namespace: volume.namespace }));
  return [{ command: part, namespace }];
}

/** Labels of its pods. By the name of an application they are told from pods that build functions. (components/network/outside.ts) */
const podLabels = (command: string) => ({ [LABEL]: command, app: cronJobName(command) });

/** CronJobs of what is backed up, by name. */
export function cronJobs(plan: BackupPlan, mirror: Mirror | undefined) {
  return [
    ...ROWS.filter(({ of, part }) => plan.parts.includes(part) && plan.config[of].enabled).map(
      ({ of, command, memory, longestHours }) =>
        cronJob(plan, {
          ...{ of, command, longestHours },
          namespace: plan.namespace,
          pod: backupPod({ plan, mirror, command, memory }),
        }),
    ),
    ...plan.databases.map((database) =>
      cronJob(plan, {
        ...{ of: "databases", command: database.engine, longestHours: LONGEST_DUMP_HOURS },
        namespace: database.namespace,
        pod: databasePod(database, plan, mirror),
      }),
    ),
    ...plan.volumes.map((volume) =>
      cronJob(plan, {
        ...{ of: "volumes", command: volume.name, longestHours: LONGEST_VOLUME_HOURS },
        namespace: volume.namespace,
        pod: volumePod(volume, plan, mirror),
        labels: volumeLabels(volume),
      }),
    ),
  ];
}

interface CronJobArgs {
  of: Part | "drill";
  command: string;
  namespace: string;
  longestHours: number;
  pod: ReturnType<typeof backupPod> | ReturnType<typeof databasePod> | ReturnType<typeof volumePod>;
  /** Of the pods, besides those of all. */
  labels?: Readonly<Record<string, string>>;
}

function cronJob(plan: BackupPlan, { of, command, namespace, longestHours, pod, labels }: CronJobArgs) {
  return {
    name: cronJobName(command),
    namespace,
    spec: {
      schedule: plan.config[of].schedule,
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
          template: { metadata: { labels: { ...podLabels(command), ...labels } }, spec: pod },
        },
      },
    },
  };
}
