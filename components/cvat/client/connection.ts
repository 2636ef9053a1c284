import { changedKeys } from "../../records/changed.ts";

/** How a program reaches CVAT and as whom. */
export interface Connection {
  /** `http://192.0.2.20`, without `/api`. */
  endpoint: string;
  /** A superuser, or whoever may do what is asked for. */
  username: string;
  password: string;
  /** A login key from before. It saves a sign-in; when it is dead, the password gives another. */
  token?: string;
  /** How long CVAT may take to come up, in milliseconds. Default: {@link PATIENCE_MS}. */
  patienceMs?: number;
  /** How long one call may take, in milliseconds. Default: {@link CALL_MS}. */
  callMs?: number;
}

export const PATIENCE_MS = 120_000;

/** CVAT asks the object store while it makes a storage; with a store that does not answer that took 6 s. (cvat-rest-measured.md 3.2) */
export const CALL_MS = 60_000;

/** `connection` where the two lead to different accounts: the limits are no part of it, nor is a token. */
export function changedAccount(olds: { connection?: Connection }, news: { connection?: Connection }): "connection"[] {
  const account = ["endpoint", "username", "password"] as const;
  return changedKeys(account, olds.connection ?? {}, news.connection ?? {}).length > 0 ? ["connection"] : [];
}
