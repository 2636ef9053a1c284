import type { ObjectStoreConfig } from "./object-store-config.ts";
import { grantsOf } from "./granted.ts";
import { DELETE_JOB, type Application } from "./grants.ts";
import { grantsOfPerson, personId, type Person } from "./people.ts";
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

/** The users of the applications, that of the job which deletes for ClearML, and one for each person. */
export function usersOf(
  config: ObjectStoreConfig,
  applications: readonly Application[],
  people: readonly Person[],
): StoreUser[] {
  const { people: rotationsOfPeople, deleteJob, ...rotations } = config.keyRotations;
  const user = (id: string, grants: readonly BucketGrant[], rotation: number): StoreUser => ({
    id,
    accessKey: accessKeyOf(config.userPrefix, id),
    policy: policyDocument(grants),
    rotation,
  });
  return [
    ...applications.map((application) => user(application, grantsOf(config, application), rotations[application])),
    ...(applications.includes(DELETE_JOB.application) ? [user(DELETE_JOB.id, [deleteGrant(config)], deleteJob)] : []),
    ...people.map((person) =>
      user(personId(person), grantsOfPerson(config, person.of, applications), rotationsOfPeople[person.username] ?? 0),
    ),
  ];
}

/** Whoever may write below some prefixes alone has nothing to delete elsewhere. */
function deleteGrant({ buckets, onlyPrefixes }: ObjectStoreConfig): BucketGrant {
  const { application, role } = DELETE_JOB;
  return { bucket: buckets[role].name, access: "delete", prefixes: onlyPrefixes[application]?.[role] };
}

/** The name of a user, and so its access key. */
export function accessKeyOf(userPrefix: string, id: string): string {
  return userPrefix + id;
}
