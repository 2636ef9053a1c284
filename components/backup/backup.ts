import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Mirror } from "../images/mirror.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import type { BackupAccess } from "./access.ts";
import { cronJobs } from "./cron-jobs.ts";
import { BACKUP, SETTINGS_FILE } from "./names.ts";
import type { BackupPlan } from "./plan.ts";
import { scriptMap } from "./pod.ts";
import { BACKUP_SCRIPT } from "./script.ts";
import { settingsText } from "./settings.ts";

export interface BackupArgs {
  plan: BackupPlan;
  namespace: pulumi.Input<string>;
  mirror: Mirror | undefined;
  cluster: Pick<Cluster, "provider">;
  /** Known once all of it is there. */
  access: pulumi.Input<BackupAccess>;
}

/** CronJobs that make backups, with what they read. What they have made lies in its bucket, and outlives them. */
export class Backup extends pulumi.ComponentResource {
  constructor(
    name: string,
    { plan, namespace, mirror, cluster, access }: BackupArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("vision-platform:backup:Backup", name, {}, opts);
    const parts = { parent: this, provider: cluster.provider };
    const settings = pulumi.secret(pulumi.output(access).apply((known) => settingsText(plan, known)));
    const secret = new k8s.core.v1.Secret(
      `${name}-settings`,
      { metadata: { name: BACKUP, namespace }, stringData: { [SETTINGS_FILE]: settings } },
      parts,
    );
    const script = new k8s.core.v1.ConfigMap(
      `${name}-script`,
      { metadata: { name: scriptMap(), namespace }, data: BACKUP_SCRIPT },
      parts,
    );
    for (const { name: cronJob, spec } of cronJobs(plan, mirror))
      new k8s.batch.v1.CronJob(
        `${name}-${cronJob}`,
        { metadata: { name: cronJob, namespace }, spec },
        { ...parts, dependsOn: [secret, script] },
      );
    this.registerOutputs({});
  }
}
