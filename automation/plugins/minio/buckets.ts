import type { AnyKind } from "../../../provider/protocol/plugin.ts";
import { departuresBetween } from "../../../provider/protocol/values.ts";
import { byInputs } from "../compare.ts";
import { ruleOfStore } from "../../../components/storage/client/restore.ts";
import type { LifecycleRule } from "../../../components/storage/made.ts";
import { fatal, wordsOf, type Store } from "./store.ts";

type Versioning = "Enabled" | "Suspended";

type Rule = LifecycleRule & { status: string };

/** Buckets and what is set on them, with the faults of the real plugin. (plugins.md, sections 2 and 3) */
export function bucketKinds(store: () => Store): Record<string, AnyKind> {
  // The real one ignores the error, and so takes a store that is down, or that refuses the credentials, for one without the bucket.
  const seemsThere = (bucket: string) =>
    store()
      .s3.bucketExists(bucket)
      .catch(() => false);

  const bucketOuts = (inputs: Record<string, unknown>, bucket: string) => ({
    acl: "private",
    forceDestroy: false,
    objectLocking: false,
    ...inputs,
    bucket,
    arn: `arn:aws:s3:::${bucket}`,
    bucketDomainName: `http://${store().place.server}/minio/${bucket}`,
  });

  const s3Bucket: AnyKind = {
    check: (inputs) =>
      ["bucketPrefix", "quota", "objectLocking", "forceDestroy"]
        .filter((property) => Boolean(inputs[property]))
        .map((property) => `the rehearsal's plugin does not serve ${property}`),
    diff: byInputs(["bucket"]),
    async create(inputs) {
      const bucket = String(inputs["bucket"]);
      const { s3, place } = store();
      const exists = await s3.bucketExists(bucket).catch((error: unknown) => {
        throw fatal(`unable to check bucket (${bucket}): ${wordsOf(error, store(), bucket)}`);
      });
      if (exists) throw fatal(`bucket already exists! (${bucket}): <nil>`);
      await s3.makeBucket(bucket, place.region).catch((error: unknown) => {
        throw fatal(`unable to create bucket (${bucket}): ${wordsOf(error, store(), bucket)}`);
      });
      return { id: bucket, outs: bucketOuts(inputs, bucket) };
    },
    async read(id, olds) {
      if (!(await seemsThere(id))) return undefined;
      return { id, outs: bucketOuts(olds, id), inputs: { acl: "private", bucket: id } };
    },
    update: (id, _olds, news) => Promise.resolve(bucketOuts(news, id)),
    async delete(id) {
      await store()
        .s3.removeBucket(id)
        .catch((error: unknown) => {
          throw fatal(`unable to remove bucket (${id}): ${wordsOf(error, store(), id)}`);
        });
    },
  };

  const setVersioning = async (bucket: string, status: Versioning) => {
    await store()
      .s3.setBucketVersioning(bucket, { Status: status })
      .catch((error: unknown) => {
        throw fatal(`failed to set bucket versioning (${bucket}): ${wordsOf(error, store(), bucket)}`);
      });
  };
  const versioningWanted = (inputs: Record<string, unknown>) => {
    const { status } = inputs["versioningConfiguration"] as { status: Versioning };
    return setVersioning(String(inputs["bucket"]), status);
  };
  const versioning: AnyKind = {
    diff: byInputs(["bucket"]),
    async create(inputs) {
      await versioningWanted(inputs);
      return { id: String(inputs["bucket"]), outs: inputs };
    },
    async read(id) {
      const found = await store()
        .s3.getBucketVersioning(id)
        .catch((error: unknown) => {
          throw fatal(`failed to load bucket versioning (${id}): ${wordsOf(error, store(), id)}`);
        });
      // A bucket that never had versions says nothing.
      const { Status: status = "Suspended" } = (found as { Status?: string } | null) ?? {};
      const outs = { bucket: id, versioningConfiguration: { status } };
      return { id, outs, inputs: outs };
    },
    async update(_id, _olds, news) {
      await versioningWanted(news);
      return news;
    },
    delete: (id) => setVersioning(id, "Suspended"),
  };

  const setRules = async (inputs: Record<string, unknown>) => {
    await store().s3.setBucketLifecycle(String(inputs["bucket"]), {
      Rule: (inputs["rules"] as LifecycleRule[]).map(ruleOfStore),
    });
    return { ...inputs, rules: (inputs["rules"] as LifecycleRule[]).map((rule) => ({ ...rule, status: "Enabled" })) };
  };
  const lifecycle: AnyKind = {
    check: (inputs) =>
      (inputs["rules"] as LifecycleRule[]).flatMap(({ expiration }, index) =>
        /^[1-9]\d*d$/.test(expiration)
          ? []
          : [`rules[${index}].expiration: the rehearsal's plugin serves days alone, such as 30d`],
      ),
    // Field by field, as the real one; what only the store says is none.
    diff: (olds, news) => {
      const replaces = olds["bucket"] === news["bucket"] ? [] : ["bucket"];
      const [old, wanted] = [olds, news].map(({ rules }) => withoutStatus("rules", rules));
      return { changed: [...replaces, ...departuresBetween(old, wanted, "rules").map(({ path }) => path)], replaces };
    },
    async create(inputs) {
      const bucket = String(inputs["bucket"]);
      const outs = await setRules(inputs).catch((error: unknown) => {
        throw fatal(`creating bucket lifecycle failed (${bucket}): ${wordsOf(error, store(), bucket)}`);
      });
      return { id: bucket, outs };
    },
    async read(id) {
      // Whatever goes wrong, the real one takes it for no rules. (terraform-provider-minio v1.20.1, resource_minio_ilm_policy.go)
      const found = await store()
        .s3.getBucketLifecycle(id)
        .catch(() => null);
      const rules = listOf((found as { Rule?: unknown } | null)?.Rule).map(ruleFound);
      if (rules.length === 0) return undefined;
      const outs = { bucket: id, rules };
      return { id, outs, inputs: { bucket: id, rules: withoutStatus("rules", rules) } };
    },
    // The real one hides a failure to set them.
    update: (_id, olds, news) => setRules(news).catch(() => ({ ...olds, ...news })),
    async delete(id) {
      await store()
        .s3.removeBucketLifecycle(id)
        .catch((error: unknown) => {
          throw fatal(`deleting lifecycle configuration failed (${id}): ${wordsOf(error, store(), id)}`);
        });
    },
  };

  return { S3Bucket: s3Bucket, S3BucketVersioning: versioning, IlmPolicy: lifecycle };
}

interface RuleOfStore {
  ID: string;
  Status: string;
  Filter?: { Prefix?: string };
  Expiration?: { Days?: number };
  NoncurrentVersionExpiration?: { NoncurrentDays?: number };
}

function ruleFound(found: RuleOfStore): Rule {
  const { ID: id, Status: status, Filter, Expiration, NoncurrentVersionExpiration } = found;
  return {
    expiration: `${Expiration?.Days ?? 0}d`,
    filter: Filter?.Prefix ?? "",
    id,
    // The real one says 0 for none. (plugins-second-look.md)
    noncurrentVersionExpirationDays: NoncurrentVersionExpiration?.NoncurrentDays ?? 0,
    status,
  };
}

/** What the XML reader gives for one element, none, or many. */
function listOf(found: unknown): RuleOfStore[] {
  if (found === undefined || found === null || found === "") return [];
  return (Array.isArray(found) ? found : [found]) as RuleOfStore[];
}

function withoutStatus(key: string, value: unknown): unknown {
  if (key !== "rules" || !Array.isArray(value)) return value;
  return (value as Rule[]).map(({ id, expiration, filter, noncurrentVersionExpirationDays = 0 }) => ({
    expiration,
    filter,
    id,
    ...(noncurrentVersionExpirationDays > 0 && { noncurrentVersionExpirationDays }),
  }));
}
