import { changedKeys } from "../../records/changed.ts";
import type { Place } from "./place.ts";

/** A realm, and the service account by which its clients are worked on. */
export interface Connection extends Place {
  /** The client whose service account has the role `manage-clients`. */
  adminClient: string;
  adminSecret: string;
  /** How long one call may take, in milliseconds. Default: {@link CALL_MS}. */
  callMs?: number;
}

/** Keycloak hashes nothing for a client's secret and answers in well under a second; a cold one compiles first. */
export const CALL_MS = 30_000;

/** `connection` where the two lead to different accounts: the limit is no part of it. */
export function changedAccount(olds: { connection?: Connection }, news: { connection?: Connection }): "connection"[] {
  const account = ["url", "realm", "adminClient", "adminSecret"] as const;
  return changedKeys(account, olds.connection ?? {}, news.connection ?? {}).length > 0 ? ["connection"] : [];
}

/** Whether two lead to the same realm, by whatever account. */
export const isSameRealm = (one: Place, other: Place): boolean => one.url === other.url && one.realm === other.realm;
