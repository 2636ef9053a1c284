import type { ClearmlConfig } from "../clearml/clearml-config.ts";
import type { CvatConfig } from "../cvat/cvat-config.ts";
import type { OwnAccount } from "../cvat/users/own-account.ts";
import { BACKUP_ACCOUNT } from "./account.ts";
import type { BackupConfig } from "./backup-config.ts";
import { databasesOf, type Database } from "./databases/database.ts";
import { longestGapHours } from "./schedule.ts";
import { PARTS, type Part } from "./parts.ts";
import { volumesOf, type Volume } from "./volumes/volume.ts";

/** Backups, and what is worked out of their keys. */
export interface BackupPlan {
  config: BackupConfig;
  /** What is backed up of what this lab has. */
  parts: readonly Part[];
  /** What is dumped, each in the namespace of what uses it. None where databases are not backed up. */
  databases: readonly Database[];
  /** Whose files are backed up. None where volumes are not. */
  volumes: readonly Volume[];
  /** Who exports CVAT's projects. None where they are not backed up. */
  accounts: readonly OwnAccount[];
  /** Namespace of the CronJobs and of what they read. */
  namespace: string;
  /** What their pods run. */
  image: string;
}

export interface BackupPlanArgs {
  config: BackupConfig;
  cvat: CvatConfig;
  clearml: ClearmlConfig;
}

/** @param args.cvat its image runs the pods, also where CVAT itself is off */
export function backupPlan({ config, cvat, clearml }: BackupPlanArgs): BackupPlan {
  const has: Record<Part, boolean> = { projects: cvat.enabled, databases: true, volumes: true };
  const parts = PARTS.filter((part) => has[part] && config[part].enabled);
  return {
    config,
    parts,
    databases: parts.includes("databases") ? databasesOf({ config: config.databases, cvat, clearml }) : [],
    volumes: parts.includes("volumes") ? volumesOf({ cvat, clearml }) : [],
    accounts: parts.includes("projects") ? [BACKUP_ACCOUNT] : [],
    namespace: cvat.enabled ? cvat.namespace : clearml.namespace,
    image: config.image ?? cvat.images.server ?? `cvat/server:v${cvat.version}`,
  };
}

/** What lies in a place of its own, and how old the newest that is well may be. */
export interface Watched {
  /** As a person knows it. */
  name: string;
  /** Begin of its keys. */
  place: string;
  /** Hours between two times of its schedule, and a run's own time. */
  lateAfterHours: number;
  /** Words after `backup` that begin one now. */
  verb: string;
}

/** How long a run may take before its backup counts as late. */
const RUN_HOURS = 3;

/** Every place whose last run tells whether backups are made, and whether they can be put back. */
export function watchedOf({
  config,
  parts,
  databases,
  volumes,
}: Pick<BackupPlan, "config" | "parts" | "databases" | "volumes">): Watched[] {
  const watched = (of: Part | "drill", name: string, place: string): Watched => ({
    ...{ name, place },
    lateAfterHours: (longestGapHours(config[of].schedule) ?? 0) + RUN_HOURS,
    verb: of === "drill" ? "drill" : `create ${of}`,
  });
  const { projects, drill } = config;
  return [
    ...(parts.includes("projects") ? [watched("projects", "projects", projects.to)] : []),
    ...(parts.includes("projects") && drill.enabled ? [watched("drill", "drill", `${projects.to}drills/`)] : []),
    ...databases.map(({ engine }) => watched("databases", engine, `${config.databases.to}${engine}/`)),
    ...volumes.map(({ name }) => watched("volumes", name, `${config.volumes.to}${name}/`)),
  ];
}

/** Places in the bucket, of what is on and of what is off: what lies there is still looked after. */
export const placesOf = (config: BackupConfig): string[] => PARTS.map((part) => config[part].to);
