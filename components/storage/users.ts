import { createHash } from "node:crypto";
import type { ObjectStoreConfig } from "./config.ts";
import { bucketsOf } from "./buckets.ts";
import { ASKS_FOR_BUCKETS, GRANTS, type Application } from "./grants.ts";
import { policyDocument, type BucketGrant } from "./policy.ts";

/** A user of the store with the policy of the same name. */
export interface StoreUser {
  /** `cvat`; of a person `clearml-anna`. Part of resources' names. */
  id: string;
  /** Name of the user and of its policy, which is its access key. */
  accessKey: string;
  /** The policy as JSON. */
  policy: string;
}

/** Characters of a generated secret key; CVAT takes 64 at most. (cvat.md, cloud storages) */
export const SECRET_KEY_LENGTH = 40;

/** The users of the applications, and one for each person of ClearML's, who may do what ClearML may. */
export function usersOf(
  config: ObjectStoreConfig,
  applications: readonly Application[],
  people: readonly string[],
): StoreUser[] {
  const user = (id: string, application: Application): StoreUser => ({
    id,
    accessKey: accessKeyOf(config.userPrefix, id),
    policy: policyDocument(grantsOf(config, application)),
  });
  return [
    ...applications.map((application) => user(application, application)),
    ...people.map((person) => user(personId(person), "clearml")),
  ];
}

/** What an application may do with which bucket, in the order of the buckets. */
export function grantsOf(config: ObjectStoreConfig, application: Application): BucketGrant[] {
  return bucketsOf(config).flatMap(({ role, name, readers, writers }) => {
    const given = GRANTS.find((grant) => grant.application === application && grant.role === role)?.access;
    const access = writers.includes(application) ? "write" : readers.includes(application) ? "read" : given;
    if (access === undefined) return [];
    const prefixes = config.onlyPrefixes[application]?.[role];
    return [{ bucket: name, access, prefixes, listsAll: ASKS_FOR_BUCKETS.includes(application) }];
  });
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
