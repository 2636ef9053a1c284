import type { BucketConfig } from "./bucket-config.ts";
import type { ObjectStoreConfig } from "./object-store-config.ts";
import type { Application } from "./grants.ts";
import type { LifecycleRule } from "./made.ts";

/** A bucket with all that is said of it. */
export interface LabBucket extends BucketConfig {
  /** What it is for: `datasets`, or the name it has under `moreBuckets`. */
  role: string;
  /** Its key below the section, for errors. */
  key: string;
  /** Applications that may read, over what every lab grants. */
  readers: readonly Application[];
  writers: readonly Application[];
}

/** Every bucket of the lab. */
export function bucketsOf({ buckets, moreBuckets }: Pick<ObjectStoreConfig, "buckets" | "moreBuckets">): LabBucket[] {
  return [
    ...Object.entries(buckets).map(([role, bucket]) => ({
      ...bucket,
      role,
      key: `buckets.${role}`,
      readers: [],
      writers: [],
    })),
    ...Object.entries(moreBuckets).map(([role, bucket]) => ({ ...bucket, role, key: `moreBuckets.${role}` })),
  ];
}

/**
 * A bucket's rules as the plugin takes them. With versions kept, what expires becomes a former version and frees nothing, so these expire too;
 * where none are kept it says nothing. The mark of deletion that is left goes by the same days. (minio: internal/bucket/lifecycle, eval)
 */
export function lifecycleRules(bucket: LabBucket): LifecycleRule[] {
  return bucket.lifecycle.map(({ prefix, days, noncurrentDays = days }) => ({
    id: `expire-${prefix}`,
    filter: prefix,
    expiration: `${days}d`,
    noncurrentVersionExpirationDays: noncurrentDays,
  }));
}
