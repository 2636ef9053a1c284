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
  /** Those of the systems, by their names in the stack file. */
  namespaces: Readonly<Record<string, pulumi.Input<string>>>;
  mirror: Mirror | undefined;
  cluster: Pick<Cluster, "provider">;
  /** Known once all of it is there. */
  access: pulumi.Input<BackupAccess>;
}

/** CronJobs that make backups, with what they read. What they have made lies in its bucket, and outlives them. */
export class Backup extends pulumi.ComponentResource {
  constructor(
    name: string,
    { plan, namespaces, mirror, cluster, access }: BackupArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("vision-platform:backup:Backup", name, {}, opts);
    const parts = { parent: this, provider: cluster.provider };
    const jobs = cronJobs(plan, mirror);
    for (const place of new Set([plan.namespace, ...jobs.map((job) => job.namespace)])) {
      const isOwn = place === plan.namespace;
      // A database is dumped where its password lies, by nobody who knows CVAT's token.
      const known = pulumi.output(access).apply(({ cvat, ...rest }) => (isOwn && cvat ? { ...rest, cvat } : rest));
      const prefix = isOwn ? name : `${name}-${place}`;
      const namespace = namespaces[place] ?? place;
      const settings = pulumi.secret(known.apply((one) => settingsText(plan, one)));
      const secret = new k8s.core.v1.Secret(
        `${prefix}-settings`,
        { metadata: { name: BACKUP, namespace }, stringData: { [SETTINGS_FILE]: settings } },
        parts,
      );
      const script = new k8s.core.v1.ConfigMap(
        `${prefix}-script`,
        { metadata: { name: scriptMap(), namespace }, data: BACKUP_SCRIPT },
        parts,
      );
      for (const { name: cronJob, spec } of jobs.filter((job) => job.namespace === place))
        new k8s.batch.v1.CronJob(
          `${name}-${cronJob}`,
          { metadata: { name: cronJob, namespace }, spec },
          { ...parts, dependsOn: [secret, script] },
        );
    }
    this.registerOutputs({});
  }
}
