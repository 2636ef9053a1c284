import * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../records/resource.ts";
import { placeOfConfig } from "./access.ts";
import { toRemove } from "./client/restore.ts";
import type { ObjectStoreConfig } from "./object-store-config.ts";
import type { StoreFindings } from "./findings.ts";
import { namesOf, type Thing } from "./made.ts";
import type { Remedy } from "./records/presence.ts";

export interface PresenceArgs {
  config: ObjectStoreConfig;
  /** Certificates of the store's private authority, PEM. */
  ca?: string | undefined;
  found: StoreFindings;
  /** Names of the users that the lab has from now on. */
  users: readonly string[];
}

/** The record that makes again what is gone from the store, before anything works on it. */
export function presenceOf(
  name: string,
  { config, ca, found, users }: PresenceArgs,
  opts: pulumi.CustomResourceOptions,
): OwnResource {
  const isWanted = (thing: Thing) => thing.kind !== "user" || users.includes(thing.user);
  const things = found.missing.map((thing) => (isWanted(thing) ? thing : toRemove(thing)));
  const place = things.length > 0 ? placeOfConfig(config, ca) : undefined;
  return new OwnResource(
    `${name}-presence`,
    "storage:Presence",
    {
      seen: found.seen,
      missing: namesOf(things),
      remedy: pulumi.secret(place?.apply((place) => JSON.stringify({ place, things } satisfies Remedy)) ?? ""),
      ...(found.deployment !== undefined && { deployment: found.deployment }),
    },
    [],
    opts,
  );
}
