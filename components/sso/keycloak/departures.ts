import { changedKeys } from "../../records/changed.ts";
import type { WantedClient } from "./wanted-client.ts";

/** All of a client that is compared. */
const COMPARED = [
  "clientId",
  "settings",
  "redirectUris",
  "webOrigins",
  "postLogoutUris",
  "attributes",
  "flows",
  "mappers",
  "defaultScopes",
  "optionalScopes",
  "roles",
] as const satisfies readonly (keyof WantedClient)[];

/** Parts of a client that are not the same. An older version may not have written all of them. */
export function changedParts(olds: Partial<WantedClient>, news: Partial<WantedClient>): (keyof WantedClient)[] {
  return changedKeys(COMPARED, olds, news);
}
