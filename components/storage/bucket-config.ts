import * as z from "zod";

// Amazon's rules, which MinIO has too, and the names each keeps for itself.
const RESERVED = /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3)$|^minio$/;

/** Name of a bucket, as S3 allows it. */
export const bucketName = z
  .string()
  .min(3)
  .max(63)
  .regex(
    /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/,
    "must be lower-case letters, digits, '.' and '-', a letter or digit first and last",
  )
  .refine(
    (name) => !name.includes("..") && !/^\d+\.\d+\.\d+\.\d+$/.test(name),
    "must not have two dots in a row or be an address",
  )
  .refine((name) => !RESERVED.test(name), "is a name that S3 keeps for itself: choose another")
  .describe("Name of the bucket. Another name means another bucket: the old one and its objects stay where they are.")
  .meta({ examples: ["datasets"] });

const days = z.int().min(1).max(36_500);

const lifecycleRow = z.strictObject({
  prefix: z
    .string()
    .min(1)
    .max(200)
    .describe("Begin of the objects' keys, such as exports/.")
    .meta({ examples: ["exports/"] }),
  days: days.describe("Days after which such an object is deleted."),
  noncurrentDays: days
    .optional()
    .describe(
      "Days after which a former version of such an object is deleted, counted from when it became one. In a bucket that keeps versions only this frees space. Default: as days.",
    ),
});

/** What a bucket's keys are where the stack file is silent. */
export interface BucketDefaults {
  versioning?: boolean;
  lifecycle?: { prefix: string; days: number; noncurrentDays?: number }[];
}

/** What can be said of a bucket, whatever it is for. */
export function bucketSettings({ versioning, lifecycle = [] }: BucketDefaults = {}) {
  const versions = z.boolean();
  return {
    versioning: (versioning === undefined ? versions.optional() : versions.default(versioning)).describe(
      "Keeps former versions of objects. Left out: as the bucket is; false: none are kept from now on.",
    ),
    lifecycle: z
      .array(lifecycleRow)
      .default(lifecycle)
      .describe("What expires. Given, these are all the bucket's rules: others that it has are replaced."),
  };
}

/** One of the buckets that every lab has. */
export function bucketConfig(name: string, defaults: BucketDefaults = {}) {
  return z.strictObject({ name: bucketName.default(name), ...bucketSettings(defaults) });
}

export type BucketConfig = z.output<ReturnType<typeof bucketConfig>>;
