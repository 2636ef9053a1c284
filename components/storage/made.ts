import { tokenOf } from "../records/tokens.ts";
import type { StateResource } from "../program/state.ts";
import { placeOf, type Place } from "./client/place.ts";

/** A rule of a lifecycle as the plugin takes it and keeps it in state. */
export interface LifecycleRule {
  id: string;
  /** Begin of the keys. */
  filter: string;
  /** `30d`. */
  expiration: string;
  /** Days after which a former version goes. Default, and 0 in the real plugin's state: never. */
  noncurrentVersionExpirationDays?: number;
}

/** One thing that the stack has made in the object store, with all that is needed to make it again. */
export type Thing =
  | { kind: "bucket"; bucket: string }
  | { kind: "versioning"; bucket: string; status: "Enabled" | "Suspended" }
  | { kind: "lifecycle"; bucket: string; rules: LifecycleRule[] }
  | { kind: "user"; user: string; secret: string }
  | { kind: "policy"; policy: string; document: string }
  | { kind: "attachment"; user: string; policy: string };

export type Made = Thing & { urn: string };

const KINDS: Readonly<Record<string, (outputs: Readonly<Record<string, unknown>>) => Thing>> = {
  S3Bucket: ({ bucket }) => ({ kind: "bucket", bucket: String(bucket) }),
  S3BucketVersioning: ({ bucket, versioningConfiguration }) => {
    const { status } = versioningConfiguration as { status: "Enabled" | "Suspended" };
    return { kind: "versioning", bucket: String(bucket), status };
  },
  IlmPolicy: ({ bucket, rules }) => ({ kind: "lifecycle", bucket: String(bucket), rules: rules as LifecycleRule[] }),
  IamUser: ({ name, secret }) => ({ kind: "user", user: String(name), secret: String(secret) }),
  IamPolicy: ({ name, policy }) => ({ kind: "policy", policy: String(name), document: String(policy) }),
  IamUserPolicyAttachment: ({ userName, policyName }) => ({
    kind: "attachment",
    user: String(userName),
    policy: String(policyName),
  }),
};

/** What a stack's state says it has made in object stores. */
export function madeIn(resources: readonly StateResource[]): Made[] {
  return resources.flatMap(({ urn, type, outputs }) => {
    const [plugin, , name = ""] = type.split(":");
    const thing = plugin === "minio" ? KINDS[name]?.(outputs) : undefined;
    return thing ? [{ ...thing, urn }] : [];
  });
}

/** What a store has of what it was asked for. */
export interface There {
  buckets: ReadonlySet<string>;
  /** Users with the policies of each. */
  users: ReadonlyMap<string, readonly string[]>;
  policies: ReadonlySet<string>;
}

/** What of the things made is not in the store any more. What is set on a bucket goes with it. */
export function missingFrom<T extends Thing>({ buckets, users, policies }: There, made: readonly T[]): T[] {
  return made.filter((thing) => {
    if (thing.kind === "user") return !users.has(thing.user);
    if (thing.kind === "policy") return !policies.has(thing.policy);
    if (thing.kind === "attachment")
      return !policies.has(thing.policy) || users.get(thing.user)?.includes(thing.policy) !== true;
    return !buckets.has(thing.bucket);
  });
}

const NAMED = ["bucket", "user", "policy", "attachment"] as const;

/** `` bucket `cvat`, user `vision-platform-cvat` ``: what a person would look for; what is set on it goes without saying. */
export function namesOf(things: readonly Thing[]): string[] {
  const has = (kind: "user" | "policy", name: string) =>
    things.some((thing) => thing.kind === kind && (thing.kind === "user" ? thing.user : thing.policy) === name);
  const nameOf = (thing: Thing): string | undefined => {
    if (thing.kind === "bucket") return `bucket \`${thing.bucket}\``;
    if (thing.kind === "user") return `user \`${thing.user}\``;
    if (thing.kind === "policy") return `policy \`${thing.policy}\``;
    if (thing.kind !== "attachment" || has("user", thing.user) || has("policy", thing.policy)) return undefined;
    return `policy of user \`${thing.user}\``;
  };
  return NAMED.flatMap((kind) => {
    const names = things.filter((thing) => thing.kind === kind).map(nameOf);
    return names.filter((name) => name !== undefined).sort();
  });
}

/** The stores that a state has a provider for. */
export function placesIn(state: readonly StateResource[], ca?: string): Place[] {
  const places = state.filter(({ type }) => type === "pulumi:providers:minio").map(({ outputs }) => placeOf(outputs));
  return places.map((place) => ({ ...place, ...(ca !== undefined && { ca }) }));
}

/** The file with the certificates of the store's private authority, as the plugin was last told of it: relative to the project's folder. */
export function authorityFileIn(state: readonly StateResource[]): string | undefined {
  const files = state.map(({ type, outputs }) => (type === "pulumi:providers:minio" ? outputs["minioCacertFile"] : ""));
  return files.find((file): file is string => typeof file === "string" && file !== "");
}

/** The id of the store in which a state's buckets and users are, where its record knows it. (records/presence.ts) */
export function deploymentIn(state: readonly StateResource[]): string | undefined {
  const id = state.find(({ type }) => tokenOf(type) === "storage:Presence")?.outputs["deployment"];
  return typeof id === "string" ? id : undefined;
}
