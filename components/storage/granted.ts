import { bucketsOf, type LabBucket } from "./buckets.ts";
import { ASKS_FOR_BUCKETS, GRANTS, type Access, type Application } from "./grants.ts";
import type { ObjectStoreConfig } from "./object-store-config.ts";
import type { BucketGrant } from "./policy.ts";

/** What an application may do with which bucket, in the order of the buckets. */
export function grantsOf(config: ObjectStoreConfig, application: Application): BucketGrant[] {
  return bucketsOf(config).flatMap((bucket) => {
    const access = accessTo(bucket, application);
    if (access === undefined) return [];
    const prefixes = prefixesOf(config, application, bucket.role);
    return [{ bucket: bucket.name, access, prefixes, listsAll: ASKS_FOR_BUCKETS.includes(application) }];
  });
}

/** What the buckets are for that an application may use: `datasets`, `cvat`. */
export function rolesOf(
  config: Pick<ObjectStoreConfig, "buckets" | "moreBuckets">,
  application: Application,
): string[] {
  return bucketsOf(config)
    .filter((bucket) => accessTo(bucket, application) !== undefined)
    .map(({ role }) => role);
}

type Narrowed = Partial<Record<Application, Partial<Record<string, readonly string[]>>>>;

/**
 * Begins of the keys that an application may use in a bucket, by what that is for. Undefined: all.
 *
 * Beside what the stack file narrows stands what the lab does: backups stay below their own prefixes. (components/lab/plan.ts)
 */
export function prefixesOf(
  { onlyPrefixes }: Pick<ObjectStoreConfig, "onlyPrefixes">,
  application: Application,
  role: string,
): readonly string[] | undefined {
  return (onlyPrefixes as Narrowed)[application]?.[role];
}

function accessTo({ role, readers, writers }: LabBucket, application: Application): Access | undefined {
  if (writers.includes(application)) return "write";
  if (readers.includes(application)) return "read";
  return GRANTS.find((grant) => grant.application === application && grant.role === role)?.access;
}
