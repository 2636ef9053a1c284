import { changedKeys } from "../../records/changed.ts";
import type { Place } from "./place.ts";

/** A realm, and the service account by which its clients are worked on. */
export interface Connection extends Place {
  /** The realm as its tokens name it. */
  issuer: string;
  /** The client whose service account has the role `manage-clients`. */
  adminClient: string;
  adminSecret: string;
  /** How long one call may take, in milliseconds. Default: {@link CALL_MS}. */
  callMs?: number;
}

/** A Keycloak that has just started answers its first calls after seconds. */
export const CALL_MS = 30_000;

/** `connection` where the two lead to different accounts: the limit is no part of it. */
export function changedAccount(olds: { connection?: Connection }, news: { connection?: Connection }): "connection"[] {
  const account = ["issuer", "url", "realm", "ca", "adminClient", "adminSecret"] as const;
  return changedKeys(account, olds.connection ?? {}, news.connection ?? {}).length > 0 ? ["connection"] : [];
}
