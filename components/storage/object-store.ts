import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import { RunError } from "../program/run-errors.ts";
import { GeneratedText } from "../secrets/generated.ts";
import { lifecycleRules, type LabBucket } from "./buckets.ts";
import { derivedKeysOf } from "./derived-keys.ts";
import { hostAndPort } from "./endpoint.ts";
import type { StoreFindings } from "./findings.ts";
import { prefixesOf } from "./granted.ts";
import { DELETE_JOB, type Application } from "./grants.ts";
import type { StorePlan } from "./plan.ts";
import { presenceOf } from "./presence.ts";
import { personId } from "./people.ts";
import { SECRET_KEY_LENGTH, type StoreUser } from "./users.ts";

export interface ObjectStoreArgs {
  plan: StorePlan;
  /** What was found in the store before this run. */
  found: StoreFindings;
}

/** A pair of keys, known once its user may do what it is for. */
export interface StoreKeys {
  accessKey: pulumi.Output<string>;
  /** Secret. */
  secretKey: pulumi.Output<string>;
}

/** A bucket, and the keys of one who may use it: all that a client needs. */
export interface BucketAccess {
  /** `192.0.2.30:9000`, as pods reach it. */
  endpoint: string;
  /** Whether it is reached by HTTPS. */
  secure: boolean;
  /** The same from outside the cluster, where that is another. */
  outside?: { endpoint: string; secure: boolean };
  region: string;
  /** Certificates of its private authority, PEM. */
  ca?: string;
  bucket: string;
  /** Begin of the keys that may be used there, the first of several. Left out: all. */
  prefix?: string;
  accessKey: string;
  secretKey: string;
}

/** Buckets of the lab, and one user for each who uses them, who may do just that. Buckets outlive the program; users do not. */
export class ObjectStore extends pulumi.ComponentResource {
  /** `http://192.0.2.30:9000`: the S3 API as pods reach it. */
  readonly endpointForPods: string;
  /** Names of the buckets by what they are for. */
  readonly buckets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Names of the users, which are their access keys. */
  readonly users: readonly string[];
  /** Known once every bucket and every user is there. */
  readonly ready: pulumi.Output<void>;
  readonly #plan: StorePlan;
  readonly #buckets: ReadonlyMap<string, pulumi.Output<string>>;
  readonly #keys: ReadonlyMap<string, StoreKeys>;

  constructor(name: string, { plan, found }: ObjectStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vision-platform:storage:ObjectStore", name, {}, opts);
    const { config, ca, users: wanted } = plan;
    this.#plan = plan;
    this.endpointForPods = plan.s3.endpoint;
    const parts = { parent: this };
    const provider = storeProvider(name, plan, parts);

    const presence = presenceOf(name, { config, ca, found, users: wanted.map(({ accessKey }) => accessKey) }, parts);
    const inStore = { ...parts, provider, dependsOn: [presence] };
    const buckets = plan.buckets.map((bucket) => bucketOf(name, bucket, found.existing, inStore));
    const made = wanted.map((user) => userOf(name, user, parts, inStore));
    const given = made.map(({ accessKey, secretKey }) => [accessKey, secretKey] as const);
    const derived = derivedKeysOf(name, { config, ca, keys: Object.fromEntries(given) }, parts);
    const users = made.map(({ id, user, secretKey }) => ({
      id,
      keys: {
        accessKey: pulumi.all([user.name, secretKey, derived.id]).apply(([key]) => key),
        secretKey: pulumi.secret(pulumi.all([secretKey, derived.id]).apply(([text]) => text)),
      },
    }));

    this.#buckets = new Map(buckets.map(({ role, bucket }) => [role, bucket]));
    this.buckets = Object.fromEntries(this.#buckets);
    this.users = wanted.map(({ accessKey }) => accessKey);
    this.#keys = new Map(users.map(({ id, keys }) => [id, keys]));
    this.ready = pulumi
      .all([...buckets.map(({ done }) => done), ...users.map(({ keys }) => keys.accessKey)])
      .apply(() => undefined);
    this.registerOutputs({ endpoint: this.endpointForPods, buckets: this.buckets });
  }

  /**
   * Name of a bucket, known once it is there.
   * @param role what it is for: `datasets`, or a name under `objectStore.moreBuckets`
   * @throws RangeError for a role that no bucket has
   */
  bucket(role: string): pulumi.Output<string> {
    const bucket = this.#buckets.get(role);
    if (bucket === undefined)
      throw new RangeError(`no bucket is for ${role}: there are ${[...this.#buckets.keys()].join(", ")}`);
    return bucket;
  }

  keysOf(application: Application): StoreKeys {
    return this.#keysOf(application);
  }

  /** Keys that may delete where ClearML keeps artifacts, and nothing else. */
  keysOfDeleteJob(): StoreKeys {
    return this.#keysOf(DELETE_JOB.id);
  }

  /** Keys of a person, by user name. */
  keysOfPerson(username: string): StoreKeys {
    const person = this.#plan.persons.find((one) => one.username === username);
    if (person === undefined) throw new RangeError(`the object store has no user for ${username}`);
    return this.#keysOf(personId(person));
  }

  /** Keys of everybody, by user name. Secret. */
  get keysOfPeople(): pulumi.Output<Record<string, { accessKey: string; secretKey: string }>> {
    const keys = this.#plan.persons.map(({ username }) => [username, this.keysOfPerson(username)] as const);
    return pulumi.secret(pulumi.output(Object.fromEntries(keys)));
  }

  /**
   * A bucket with keys for it, as clients take them.
   * @param application whose rights these keys have
   */
  access(role: string, application: Application, { accessKey, secretKey }: StoreKeys): pulumi.Output<BucketAccess> {
    const { config, pods: endpoint, people: outside, s3, ca } = this.#plan;
    const prefix = prefixesOf(config, application, role)?.[0];
    return pulumi.all([this.bucket(role), accessKey, secretKey]).apply(([bucket, key, secret]) => ({
      endpoint: hostAndPort(endpoint),
      secure: endpoint.tls,
      ...(outside && {
        outside: { endpoint: hostAndPort(outside), secure: outside.tls },
      }),
      region: s3.region,
      ...(ca !== undefined && (endpoint.tls || outside?.tls) && { ca }),
      bucket,
      ...(prefix !== undefined && { prefix }),
      accessKey: key,
      secretKey: secret,
    }));
  }

  #keysOf(id: string): StoreKeys {
    const keys = this.#keys.get(id);
    if (keys === undefined) throw new RangeError(`the object store has no user for ${id}`);
    return keys;
  }
}

/** Explicit in all: what is left out, the plugin takes from the environment, which may name another server. (guards.ts, explicit-provider) */
function storeProvider(name: string, { config, machine, s3 }: StorePlan, opts: pulumi.ResourceOptions): minio.Provider {
  const { accessKey, secretKey } = config.credentials;
  if (accessKey === undefined || secretKey === undefined) {
    throw new RunError(
      "vision-platform:objectStore.credentials: accessKey and secretKey of an administrator of the object store are missing.",
    );
  }
  return new minio.Provider(
    `${name}-minio`,
    {
      minioServer: hostAndPort(machine),
      minioSsl: machine.tls,
      minioInsecure: false,
      // As the stack file has it: the engine starts plugins in the folder of Pulumi.yaml (pulumi: pkg/engine/project.go), so the plan
      // has no path of this machine.
      ...(machine.tls && config.ca !== undefined && { minioCacertFile: config.ca }),
      minioRegion: s3.region,
      minioUser: pulumi.secret(accessKey),
      minioPassword: pulumi.secret(secretKey),
    },
    opts,
  );
}

function bucketOf(name: string, lab: LabBucket, existing: ReadonlySet<string>, opts: pulumi.CustomResourceOptions) {
  const made = new minio.S3Bucket(
    `${name}-${lab.role}`,
    { bucket: lab.name, acl: "private" },
    { ...opts, retainOnDelete: true, ...(existing.has(lab.name) && { import: lab.name }) },
  );
  const versioning =
    lab.versioning === undefined
      ? []
      : [
          new minio.S3BucketVersioning(
            `${name}-${lab.role}-versioning`,
            { bucket: made.bucket, versioningConfiguration: { status: lab.versioning ? "Enabled" : "Suspended" } },
            // Removing it would suspend versioning of a bucket that stays.
            { ...opts, retainOnDelete: true },
          ),
        ];
  const lifecycle =
    lab.lifecycle.length === 0
      ? []
      : [
          new minio.IlmPolicy(
            `${name}-${lab.role}-lifecycle`,
            { bucket: made.bucket, rules: lifecycleRules(lab) },
            // Its server forgets the rules with the resource, so that nothing expires while the lab is down. One setting after the other:
            // MinIO loses one of two that come at once. (guards.ts, one-setting-at-a-time)
            pulumi.mergeOptions(opts, { dependsOn: versioning }),
          ),
        ];
  const settings = [...versioning, ...lifecycle];
  const done = pulumi.all([made.id, ...settings.map(({ id }) => id)]).apply(() => undefined);
  return { role: lab.role, bucket: made.bucket, done };
}

function userOf(
  name: string,
  { id, accessKey, policy, rotation }: StoreUser,
  parts: pulumi.ResourceOptions,
  opts: pulumi.CustomResourceOptions,
) {
  const secret = new GeneratedText(`${name}-${id}-secret-key`, { length: SECRET_KEY_LENGTH, rotation }, parts);
  const user = new minio.IamUser(`${name}-${id}`, { name: accessKey, secret: secret.value }, opts);
  const allowed = new minio.IamPolicy(`${name}-${id}-policy`, { name: accessKey, policy }, opts);
  const attached = new minio.IamUserPolicyAttachment(
    `${name}-${id}-policy`,
    { userName: user.name, policyName: allowed.name },
    opts,
  );
  const secretKey = pulumi.secret(pulumi.all([secret.value, user.id, attached.id]).apply(([text]) => text));
  return { id, accessKey, user, secretKey };
}
