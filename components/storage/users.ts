import { createHash } from "node:crypto";
import type { ObjectStoreConfig } from "./object-store-config.ts";
import { bucketsOf, type LabBucket } from "./buckets.ts";
import { ASKS_FOR_BUCKETS, DELETE_JOB, GRANTS, type Access, type Application } from "./grants.ts";
import { policyDocument, type BucketGrant } from "./policy.ts";

/** A user of the store with the policy of the same name. */
export interface StoreUser {
  /** `cvat`; of a person `clearml-anna`. Part of resources' names. */
  id: string;
  /** Name of the user and of its policy, which is its access key. */
  accessKey: string;
  /** The policy as JSON. */
  policy: string;
  /** How often its secret key was changed. */
  rotation: number;
}

/** Characters of a generated secret key; CVAT takes 64 at most. (cvat.md, cloud storages) */
export const SECRET_KEY_LENGTH = 40;

/** The users of the applications, that of the job which deletes for ClearML, and one for each person of ClearML's, who may do what ClearML may. */
export function usersOf(
  config: ObjectStoreConfig,
  applications: readonly Application[],
  people: readonly string[],
): StoreUser[] {
  const { people: rotationsOfPeople, deleteJob, ...rotations } = config.keyRotations;
  const user = (id: string, application: Application, rotation: number): StoreUser => ({
    id,
    accessKey: accessKeyOf(config.userPrefix, id),
    policy: policyDocument(grantsOf(config, application)),
    rotation,
  });
  return [
    ...applications.map((application) => user(application, application, rotations[application])),
    ...(applications.includes(DELETE_JOB.application)
      ? [
          {
            id: DELETE_JOB.id,
            accessKey: accessKeyOf(config.userPrefix, DELETE_JOB.id),
            policy: policyDocument([deleteGrant(config)]),
            rotation: deleteJob,
          },
        ]
      : []),
    ...people.map((person) => user(personId(person), "clearml", rotationsOfPeople[person] ?? 0)),
  ];
}

/** Whoever may write below some prefixes alone has nothing to delete elsewhere. */
function deleteGrant({ buckets, onlyPrefixes }: ObjectStoreConfig): BucketGrant {
  const { application, role } = DELETE_JOB;
  return { bucket: buckets[role].name, access: "delete", prefixes: onlyPrefixes[application]?.[role] };
}

/** What an application may do with which bucket, in the order of the buckets. */
export function grantsOf(config: ObjectStoreConfig, application: Application): BucketGrant[] {
  return bucketsOf(config).flatMap((bucket) => {
    const access = accessTo(bucket, application);
    if (access === undefined) return [];
    const prefixes = config.onlyPrefixes[application]?.[bucket.role];
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

function accessTo({ role, readers, writers }: LabBucket, application: Application): Access | undefined {
  if (writers.includes(application)) return "write";
  if (readers.includes(application)) return "read";
  return GRANTS.find((grant) => grant.application === application && grant.role === role)?.access;
}

/** The name of a user, and so its access key. */
export function accessKeyOf(userPrefix: string, id: string): string {
  return userPrefix + id;
}

/** MinIO's user of a person of ClearML's. Names that differ in more than MinIO's users can are told apart by a hash. */
export function personId(username: string): string {
  const plain = username.toLowerCase().replace(/[^a-z0-9._-]/g, "-");
  if (plain === username) return `clearml-${plain}`;
  return `clearml-${plain}-${createHash("sha256").update(username).digest("hex").slice(0, 8)}`;
}
