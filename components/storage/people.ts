import { createHash } from "node:crypto";
import { bucketsOf } from "./buckets.ts";
import { grantsOf } from "./granted.ts";
import type { Application } from "./grants.ts";
import type { ObjectStoreConfig } from "./object-store-config.ts";
import type { BucketGrant } from "./policy.ts";

/** Somebody with a user of their own in the object store. */
export interface Person {
  /** As he signs in. */
  username: string;
  /** Whose people he is among. */
  of: "clearml" | "cvat";
}

/** What people of CVAT's may write, over what CVAT itself may. */
const WRITTEN_BY_PEOPLE: readonly { role: string; why: string }[] = [
  { role: "datasets", why: "they put there what is annotated" },
  { role: "models", why: "they put there what functions load" },
];

/**
 * What a person may do with which bucket: what the application may whose person he is, and what CVAT may, since people hand files to it and
 * take its exports. Prefixes that narrow an application narrow its people too.
 */
export function grantsOfPerson(
  config: ObjectStoreConfig,
  of: Person["of"],
  applications: readonly Application[],
): BucketGrant[] {
  const given = [
    ...grantsOf(config, of),
    ...(of === "cvat" ? ofPeople(config) : []),
    ...(of !== "cvat" && applications.includes("cvat") ? grantsOf(config, "cvat") : []),
  ];
  return bucketsOf(config).flatMap(({ name }) => {
    const here = given.filter(({ bucket }) => bucket === name);
    const grant = here.find(({ access }) => access === "write") ?? here[0];
    return grant === undefined ? [] : [{ ...grant, listsAll: false }];
  });
}

function ofPeople(config: ObjectStoreConfig): BucketGrant[] {
  return WRITTEN_BY_PEOPLE.flatMap(({ role }) => {
    const bucket = bucketsOf(config).find((one) => one.role === role);
    return bucket === undefined
      ? []
      : [{ bucket: bucket.name, access: "write" as const, prefixes: config.onlyPrefixes.cvat?.[role] }];
  });
}

/** MinIO's user of a person. Names that differ in more than MinIO's users can are told apart by a hash. */
export function personId({ username, of }: Person): string {
  const plain = username.toLowerCase().replace(/[^a-z0-9._-]/g, "-");
  if (plain === username) return `${of}-${plain}`;
  return `${of}-${plain}-${createHash("sha256").update(username).digest("hex").slice(0, 8)}`;
}
