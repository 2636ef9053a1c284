import { bucketsOf, type LabBucket } from "./buckets.ts";
import { endpointOfMachine, endpointOfPeople, endpointOfPods, urlOf, type Endpoint } from "./endpoint.ts";
import { OF_ONE_APPLICATION, type Application } from "./grants.ts";
import type { ObjectStoreConfig } from "./object-store-config.ts";
import { rolesOf } from "./granted.ts";
import type { Person } from "./people.ts";
import { usersOf, type StoreUser } from "./users.ts";

/** The object store, and what is worked out of its keys. */
export interface StorePlan {
  config: ObjectStoreConfig;
  /** How the machine that runs the program reaches it. */
  machine: Endpoint;
  /** How pods reach it. */
  pods: Endpoint;
  /** How people's machines reach it, where that is not as pods do. */
  people: Endpoint | undefined;
  /** The S3 API as pods are told it, `http://192.0.2.30:9000`, with its region. */
  s3: { endpoint: string; region: string };
  /** Certificates of its private authority, PEM. Undefined: public ones are enough. */
  ca: string | undefined;
  /** The same, for pods; undefined also where they reach it in clear. */
  caForPods: string | undefined;
  buckets: readonly LabBucket[];
  users: readonly StoreUser[];
  /** Who of them is a person. */
  persons: readonly Person[];
  /** What the buckets are for that CVAT may use: `datasets`, `cvat`. */
  rolesOfCvat: readonly string[];
}

export interface StorePlanArgs {
  config: ObjectStoreConfig;
  /** Who gets a user: the systems of this lab. */
  applications: readonly Application[];
  /** Each gets a user. */
  people: readonly Person[];
  /** Text of the file that `config.ca` names. */
  ca?: string | undefined;
}

export function storePlan({ config, applications, people, ca }: StorePlanArgs): StorePlan {
  const pods = endpointOfPods(config);
  return {
    config,
    machine: endpointOfMachine(config),
    pods,
    people: endpointOfPeople(config),
    s3: { endpoint: urlOf(pods), region: config.region },
    ca,
    caForPods: pods.tls ? ca : undefined,
    buckets: bucketsOf(config).filter((bucket) => isWanted(bucket, applications)),
    users: usersOf(config, applications, people),
    persons: people,
    rolesOfCvat: rolesOf(config, "cvat"),
  };
}

function isWanted({ role }: LabBucket, applications: readonly Application[]): boolean {
  const owner = (OF_ONE_APPLICATION as Partial<Record<string, Application>>)[role];
  return owner === undefined || applications.includes(owner);
}
