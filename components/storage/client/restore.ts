import { randomBytes } from "node:crypto";
import { unlessEnded } from "../../rest/ending.ts";
import type { LifecycleRule, Thing } from "../made.ts";
import { MinioAdmin } from "./admin.ts";
import type { Place } from "./place.ts";
import { s3Of } from "./s3.ts";

/** What comes before what: users and policies before who has which, buckets before what is set on them. */
const ORDER: readonly Thing["kind"][] = ["bucket", "versioning", "lifecycle", "policy", "user", "attachment"];

/**
 * Makes things in the store as a stack's state has them. Each can be there already, so that a run which died in the middle is simply repeated.
 * One after the other: of two settings of one bucket at the same time MinIO loses one. (plugins-second-look.md)
 * @param signal ends the work
 */
export async function restore(place: Place, things: readonly Thing[], signal?: AbortSignal): Promise<void> {
  const ordered = [...things].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  for (const thing of ordered) await unlessEnded(signal, () => made(place, thing, signal));
}

async function made(place: Place, thing: Thing, signal: AbortSignal | undefined): Promise<void> {
  const s3 = s3Of(place);
  const admin = new MinioAdmin(place, signal);
  switch (thing.kind) {
    case "bucket":
      if (!(await s3.bucketExists(thing.bucket))) await s3.makeBucket(thing.bucket, place.region);
      return;
    case "versioning":
      await s3.setBucketVersioning(thing.bucket, { Status: thing.status });
      return;
    case "lifecycle":
      await s3.setBucketLifecycle(thing.bucket, { Rule: thing.rules.map(ruleOfStore) });
      return;
    case "user":
      await admin.setUser(thing.user, thing.secret);
      return;
    case "policy":
      await admin.addPolicy(thing.policy, thing.document);
      return;
    case "attachment": {
      const { policies } = await admin.user(thing.user);
      await admin.setPoliciesOf(thing.user, [...new Set([...policies, thing.policy])]);
    }
  }
}

/** A rule as S3 has it. */
export function ruleOfStore({ id, filter, expiration, noncurrentVersionExpirationDays = 0 }: LifecycleRule) {
  return {
    ID: id,
    Status: "Enabled",
    Filter: { Prefix: filter },
    Expiration: { Days: Number(expiration.replace(/d$/, "")) },
    ...(noncurrentVersionExpirationDays > 0 && {
      NoncurrentVersionExpiration: { NoncurrentDays: noncurrentVersionExpirationDays },
    }),
  };
}

/**
 * The same with a key that nobody knows, for a user that is only made so that the plugin can remove it. Disabled it cannot be: of such a user
 * MinIO takes no policy away. (Measured with MinIO 2026-02-12: XMinioAdminNoSuchUser)
 */
export function toRemove(thing: Thing): Thing {
  return thing.kind === "user" ? { ...thing, secret: randomBytes(20).toString("hex") } : thing;
}
