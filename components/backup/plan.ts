import type { ClearmlConfig } from "../clearml/clearml-config.ts";
import type { CvatConfig } from "../cvat/cvat-config.ts";
import type { OwnAccount } from "../cvat/users/own-account.ts";
import { BACKUP_ACCOUNT } from "./account.ts";
import type { BackupConfig } from "./backup-config.ts";
import { databasesOf, type Database } from "./databases/database.ts";
import { PARTS, type Part } from "./parts.ts";

/** Backups, and what is worked out of their keys. */
export interface BackupPlan {
  config: BackupConfig;
  /** What is backed up of what this lab has. */
  parts: readonly Part[];
  /** What is dumped, each in the namespace of what uses it. None where databases are not backed up. */
  databases: readonly Database[];
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
    accounts: parts.includes("projects") ? [BACKUP_ACCOUNT] : [],
    namespace: cvat.enabled ? cvat.namespace : clearml.namespace,
    image: config.image ?? cvat.images.server ?? `cvat/server:v${cvat.version}`,
  };
}

/** Places in the bucket, of what is on and of what is off: what lies there is still looked after. */
export const placesOf = (config: BackupConfig): string[] => PARTS.map((part) => config[part].to);
