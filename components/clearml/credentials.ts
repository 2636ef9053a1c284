import { SECRETS } from "./names.ts";

/** A key pair or secret of the server, made once. `key` is its name in the Secret. */
export interface Credential {
  key: string;
  kind: "key" | "secret";
  /** With what else it changes: a key of `clearml.keyRotations`. */
  of: "agent" | "servers" | "signing";
}

/** Keys as ClearML makes them: 30 capitals and digits; secrets are longer than its own 50. */
export const CREDENTIAL_LENGTHS = { key: 30, secret: 54 } as const;
export const KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/**
 * Everything the server would otherwise take from published defaults. The chart sets only the first seven, and its list of the keys a
 * Secret needs leaves out the file server's (facts/clearml.md 1.6, 1.9). Letters and digits, a letter first: the values pass through HOCON.
 */
export const CREDENTIALS: readonly Credential[] = [
  { key: "apiserver_key", kind: "key", of: "servers" },
  { key: "apiserver_secret", kind: "secret", of: "servers" },
  { key: "fileserver_key", kind: "key", of: "servers" },
  { key: "fileserver_secret", kind: "secret", of: "servers" },
  { key: "secure_auth_token_secret", kind: "secret", of: "signing" },
  { key: "test_user_key", kind: "key", of: "servers" },
  { key: "test_user_secret", kind: "secret", of: "servers" },
  { key: "webserver_key", kind: "key", of: "servers" },
  { key: "webserver_secret", kind: "secret", of: "servers" },
  { key: "services_agent_key", kind: "key", of: "agent" },
  { key: "services_agent_secret", kind: "secret", of: "agent" },
  { key: "session_secret", kind: "secret", of: "signing" },
];

/** An environment entry of a container. */
export interface Env {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}

const env = (path: string, key: string): Env => ({
  name: `CLEARML__SECURE__${path}`,
  valueFrom: { secretKeyRef: { name: SECRETS.credentials, key } },
});

/** The file server signs in to the API server with this pair, so both must have it. The image's own pair is a system login. */
export const FILESERVER_ENV: readonly Env[] = [
  env("CREDENTIALS__FILESERVER__USER_KEY", "fileserver_key"),
  env("CREDENTIALS__FILESERVER__USER_SECRET", "fileserver_secret"),
];

/**
 * The file server asks again after a minute whether a token is still good. By default it lets one in for twelve hours that the API server
 * refuses. (clearml-server v2.0.0: fileserver/auth.py; clearml-real.md A1)
 */
export const TOKEN_MEMORY: Env = { name: "CLEARML__FILESERVER__AUTH__TOKENS_CACHE_THRESHOLD_SEC", value: "60" };

/**
 * Closes the logins built into the image that the chart leaves open, and declares the pair the Kubernetes agent will use: the server makes
 * that user at each start, so no credential is made by hand (facts/clearml.md 1.9 b, 1.11 route A; not tried on a live server).
 */
export const APISERVER_ENV: readonly Env[] = [
  ...FILESERVER_ENV,
  env("CREDENTIALS__WEBSERVER__USER_KEY", "webserver_key"),
  env("CREDENTIALS__WEBSERVER__USER_SECRET", "webserver_secret"),
  env("CREDENTIALS__SERVICES_AGENT__USER_KEY", "services_agent_key"),
  env("CREDENTIALS__SERVICES_AGENT__USER_SECRET", "services_agent_secret"),
  env("HTTP__SESSION_SECRET__APISERVER", "session_secret"),
];
