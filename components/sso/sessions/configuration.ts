import { bytesOf } from "../../schema/values.ts";
import { SESSIONS_PORT } from "../names.ts";
import type { SsoConfig } from "../sso-config.ts";

/** Key of the ConfigMap, and name of the file. */
export const SESSIONS_FILE = "sessions.conf";

/** Where the pod has it, and the file with the password beside it. */
export const SESSIONS_FOLDER = "/etc/vision-platform/sessions";
export const PASSWORD_FOLDER = "/etc/vision-platform/secrets";

/** Key of the Secret with the one line of configuration that is secret. */
export const PASSWORD_FILE = "sessions-password.conf";

/** That line. */
export const passwordLine = (password: string) => `requirepass ${password}\n`;

/**
 * Redis for sessions alone: nothing on a disk, a bound, and what was used longest ago goes first. With `noeviction`, Redis' own default, a full
 * one takes no new session, and nobody signs in. (redis.io: Key eviction)
 */
export function sessionsConfiguration({ sessions }: Pick<SsoConfig, "sessions">): string {
  return [
    `port ${SESSIONS_PORT}`,
    "bind * -::*",
    "databases 1",
    'save ""',
    "appendonly no",
    `maxmemory ${bytesOf(sessions.memory)}`,
    "maxmemory-policy allkeys-lru",
    `include ${PASSWORD_FOLDER}/${PASSWORD_FILE}`,
    "",
  ].join("\n");
}
