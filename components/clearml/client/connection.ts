import { changedKeys } from "../../records/changed.ts";

/** How a program reaches ClearML's API and as whom. */
export interface Connection {
  /** `http://192.0.2.41`, without a path. */
  endpoint: string;
  /** An access key, or the name of a web user. */
  accessKey: string;
  /** Its secret key, or the user's password. */
  secretKey: string;
  /** How long the server may take to come up, in milliseconds. Default: {@link PATIENCE_MS}. */
  patienceMs?: number;
  /** How long one call may take, in milliseconds. Default: {@link CALL_MS}. */
  callMs?: number;
}

/** The first readiness of the API server is a minute after its start, and an address of a LoadBalancer may come later. (clearml.md 1.5) */
export const PATIENCE_MS = 180_000;
export const CALL_MS = 30_000;

/** `connection` where the two lead to different accounts: the limits are no part of it. */
export function changedAccount(olds: { connection?: Connection }, news: { connection?: Connection }): "connection"[] {
  const account = ["endpoint", "accessKey", "secretKey"] as const;
  return changedKeys(account, olds.connection ?? {}, news.connection ?? {}).length > 0 ? ["connection"] : [];
}
