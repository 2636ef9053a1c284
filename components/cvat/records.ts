import * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../records/resource.ts";
import type { Connection } from "./client/connection.ts";
import type { CvatPlan } from "./plan.ts";
import { RunError } from "../program/run-errors.ts";

/** A bucket of the lab's object store, with the key that CVAT has there. */
export interface StorageAccess {
  /** What the bucket is for, by which `cvat.cloudStorages[].role` names it: `datasets`, `cvat`. */
  role: string;
  bucket: pulumi.Input<string>;
  /** The S3 API as CVAT's pods reach it: `http://192.0.2.30:9000`. */
  endpoint: pulumi.Input<string>;
  region: string;
  accessKey: pulumi.Input<string>;
  secretKey: pulumi.Input<string>;
}

export interface CvatRecordsArgs {
  plan: Pick<CvatPlan, "config" | "accounts" | "cloudStorages">;
  connection: pulumi.Input<Connection>;
  storages: readonly StorageAccess[];
}

/** Of another store, where nothing is said of it: MinIO's own. */
const DEFAULT_REGION = "us-east-1";

/** What is in CVAT: organizations with their members and webhooks, cloud storages, and projects. */
export function registerRecords(
  name: string,
  { plan, connection, storages }: CvatRecordsArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const account = pulumi.secret(connection);
  const organizations = new Map<string, OwnResource>();
  for (const { members, webhooks, ...organization } of plan.config.organizations) {
    const { slug } = organization;
    const record = new OwnResource(
      `${name}-organization-${slug}`,
      "cvat:Organization",
      { name: slug, ...organization, connection: account },
      ["organizationId"],
      opts,
    );
    organizations.set(slug, record);
    const programs = plan.accounts.map(({ username, membership: role }) => ({ username, role }));
    for (const { username, role } of [...members, ...programs]) {
      new OwnResource(
        `${name}-member-${slug}-${username}`,
        "cvat:Membership",
        { organization: slug, username, role, connection: account },
        [],
        pulumi.mergeOptions(opts, { dependsOn: record }),
      );
    }
    for (const { secret = "", ...webhook } of webhooks) {
      new OwnResource(
        `${name}-webhook-${slug}-${webhook.name}`,
        "cvat:Webhook",
        { organization: slug, ...webhook, secret: pulumi.secret(secret), connection: account },
        [],
        pulumi.mergeOptions(opts, { dependsOn: record }),
      );
    }
  }
  const ownOrganization = plan.config.organizations[0]?.slug ?? "";
  const storageRecords: OwnResource[] = [];
  for (const storage of plan.cloudStorages) {
    const { role, external, organization = ownOrganization, region, ...rest } = storage;
    const access = external ? { ...external, region: DEFAULT_REGION } : storages.find((one) => one.role === role);
    if (!access)
      throw new RunError(
        `vision-platform:cvat.cloudStorages: ${storage.name}: the object store has no bucket for \`${role ?? ""}\`. There are: ${storages.map((one) => one.role).join(", ") || "none"}.`,
      );
    const { bucket, endpoint, accessKey, secretKey } = access;
    const record = organizations.get(organization);
    const made = new OwnResource(
      `${name}-storage-${organization === "" ? "" : `${organization}-`}${storage.name}`,
      "cvat:CloudStorage",
      {
        ...rest,
        organization,
        bucket,
        endpoint,
        region: region ?? access.region,
        accessKey,
        secretKey: pulumi.secret(secretKey),
        connection: account,
      },
      ["storageId"],
      pulumi.mergeOptions(opts, { ...(record && { dependsOn: record }) }),
    );
    storageRecords.push(made);
  }
  for (const { organization = ownOrganization, ...project } of plan.config.projects) {
    const record = organizations.get(organization);
    new OwnResource(
      `${name}-project-${organization === "" ? "" : `${organization}-`}${project.name}`,
      "cvat:Project",
      { ...project, organization, connection: account },
      ["projectId"],
      // Their storages are named by it.
      pulumi.mergeOptions(opts, { dependsOn: [...(record ? [record] : []), ...storageRecords] }),
    );
  }
}
