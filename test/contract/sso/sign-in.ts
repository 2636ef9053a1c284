import { createPublicKey, randomBytes, verify } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import getPort from "get-port";
import type { EdgePlan } from "../../../components/edge/route.ts";
import { PROXY_PORT, SESSIONS_PORT, SSO_OBJECTS, TOKEN_HEADER } from "../../../components/sso/names.ts";
import {
  ALPHA_FILE,
  CONFIGURATION_FOLDER,
  CORE_FILE,
  SECRETS_FOLDER,
} from "../../../components/sso/proxy/configuration.ts";
import { proxyFiles, SESSIONS_PASSWORD_VARIABLE } from "../../../components/sso/proxy/objects.ts";
import { SECRET_KEYS } from "../../../components/sso/secret-keys.ts";
import {
  PASSWORD_FILE,
  PASSWORD_FOLDER,
  passwordLine,
  sessionsConfiguration,
} from "../../../components/sso/sessions/configuration.ts";
import type { SsoConfig } from "../../../components/sso/sso-config.ts";
import { configOfSso, SSO_HOST } from "../../fixtures/inputs/sso.ts";
import { Browser, type Answer, type Asked, type Hosts } from "./browser.ts";
import { alive, saying, startChild, type Child } from "./child.ts";
import { startIssuer, type Issuer, type IssuerOptions, type Person } from "./issuer.ts";
import { oauth2Proxy } from "./programs.ts";

/** CVAT's host, as the stack file names it. */
export const HOST = SSO_HOST;
const PUBLIC_ISSUER = "https://auth.example.com";

/** The real configuration of a stack file with `sso`. It refreshes sooner than a stack file may have it, so that a test need not wait. */
export const configOf = (sso: Record<string, unknown> = {}): SsoConfig => ({
  ...configOfSso({ issuer: PUBLIC_ISSUER, signOutUrl: `${PUBLIC_ISSUER}/session/end`, ...sso }),
  refresh: "2s",
});

/** Secrets of a test, none of which may be seen anywhere. */
export type TestSecrets = Record<"client" | "cookie" | "sessions", string>;

export const newSecrets = (): TestSecrets => ({
  client: `client${randomBytes(12).toString("hex")}`,
  cookie: randomBytes(32).toString("base64url"),
  sessions: `sessions${randomBytes(12).toString("hex")}`,
});

/** A Redis as the lab has it, on a port of this machine. */
export interface Sessions {
  port: number;
  child: Child;
}

/** Starts the sessions' Redis by the configuration that the lab renders. */
export async function startSessions(
  folder: string,
  password: string,
  { at, memory = "64Mi" }: { at?: number; memory?: string } = {},
): Promise<Sessions> {
  const port = at ?? (await getPort());
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, PASSWORD_FILE), passwordLine(password), { mode: 0o600 });
  const text = replaced(sessionsConfiguration(configOf({ sessions: { memory } })), [
    [`port ${SESSIONS_PORT}`, `port ${port}`],
    ["bind * -::*", "bind 127.0.0.1"],
    [PASSWORD_FOLDER, folder],
  ]);
  const file = path.join(folder, "sessions.conf");
  await writeFile(file, text);
  const child = startChild(["redis-server", file]);
  await saying(child, /Ready to accept connections/);
  return { port, child };
}

/** Starts the proxy by the configuration that the lab renders, with addresses of this machine. Resolves at once. */
export async function startProxy(
  folder: string,
  { config, issuer, sessions, secrets, passedOn }: ProxyArgs,
): Promise<{ port: number; child: Child }> {
  const port = await getPort();
  await mkdir(folder, { recursive: true });
  const addresses: [string, string][] = [
    [`0.0.0.0:${PROXY_PORT}`, `127.0.0.1:${port}`],
    [PUBLIC_ISSUER, issuer],
    [`redis://${SSO_OBJECTS.sessions}:${SESSIONS_PORT}`, `redis://127.0.0.1:${sessions}`],
    ["10.42.0.0/16", "127.0.0.1/32"],
    [new URL(PUBLIC_ISSUER).host, new URL(issuer).host],
    [CONFIGURATION_FOLDER, folder],
    [SECRETS_FOLDER, folder],
  ];
  for (const [service, at] of Object.entries(passedOn?.ports ?? {})) {
    const upstreams = passedOn?.edge.routes.filter(({ to }) => to.service === service) ?? [];
    for (const { to } of upstreams)
      addresses.push([`http://${service}.${passedOn?.edge.namespace}.svc:${to.port}`, `http://127.0.0.1:${at}`]);
  }
  for (const [name, text] of Object.entries(proxyFiles(config, HOST, passedOn?.edge))) {
    await writeFile(
      path.join(folder, name),
      addresses.reduce((done, [from, to]) => done.replaceAll(from, to), text),
    );
  }
  await writeFile(path.join(folder, SECRET_KEYS.client), secrets.client, { mode: 0o600 });
  await writeFile(path.join(folder, SECRET_KEYS.cookie), secrets.cookie, { mode: 0o600 });
  const program = await oauth2Proxy();
  const words = [program, `--config=${folder}/${CORE_FILE}`, `--alpha-config=${folder}/${ALPHA_FILE}`];
  return { port, child: startChild(words, { [SESSIONS_PASSWORD_VARIABLE]: secrets.sessions }) };
}

export interface ProxyArgs {
  config: SsoConfig;
  /** Address of the issuer. */
  issuer: string;
  /** Port of the sessions. */
  sessions: number;
  secrets: TestSecrets;
  /** What the proxy passes on itself, and the ports on this machine of the Services that it leads to. Default: nothing. */
  passedOn?: { edge: EdgePlan; ports: Readonly<Record<string, number>> };
}

/** A whole sign-in on this machine: issuer, sessions, proxy, and an edge that asks the proxy. */
export interface SignIn {
  config: SsoConfig;
  issuer: Issuer;
  sessions: Sessions;
  proxy: Child;
  secrets: TestSecrets;
  /** The proxy's port. */
  port: number;
  /** A page of the proxy itself, past the edge. */
  own: (page: string) => Promise<Response>;
  /** A browser of a person of its own, whose edge asks another proxy if its port is given. */
  browser: (proxy?: number) => Browser;
  /** What the edge's question to the proxy came to, for a request at CVAT's host. */
  ask: (browser: Browser, path: string, asked?: Asked) => Promise<Answer>;
  /** Starts the sessions anew, empty, with the same password. */
  restartSessions: () => Promise<void>;
  folder: string;
  stop: () => Promise<void>;
}

/**
 * Starts all of it.
 * @param tokenSeconds how long the issuer's tokens are good for
 */
export async function startSignIn(
  people: Record<string, Person>,
  tokenSeconds: number,
  config = configOf(),
  { passedOn, ...more }: Pick<IssuerOptions, "path" | "tls"> & Pick<ProxyArgs, "passedOn"> = {},
): Promise<SignIn> {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-sign-in-"));
  const secrets = newSecrets();
  const issuer = await startIssuer({
    client: { id: config.client.id, secret: secrets.client },
    redirect: `https://${HOST}/oauth2/callback`,
    afterwards: `https://${HOST}/`,
    people,
    tokenSeconds,
    ...more,
  });
  const place = path.join(folder, "sessions");
  const sessions = await startSessions(place, secrets.sessions);
  const { port, child } = await startProxy(path.join(folder, "proxy"), {
    config,
    issuer: new URL(issuer.url).origin,
    sessions: sessions.port,
    secrets,
    ...(passedOn && { passedOn }),
  });
  await answering(port, child);
  const whole: SignIn = {
    config,
    issuer,
    sessions,
    proxy: child,
    secrets,
    folder,
    port,
    own: (page) => fetch(`http://127.0.0.1:${port}${page}`),
    browser: (proxy = port) =>
      new Browser({ ...hostsOf(proxy, issuer.url, passedOn !== undefined), [new URL(issuer.url).host]: issuer.browse }),
    ask: (browser, uri, asked) => browser.ask(`https://${HOST}${uri}`, asked),
    async restartSessions() {
      whole.sessions = await startSessions(place, secrets.sessions, { at: whole.sessions.port });
    },
    async stop() {
      await Promise.all([child.stop(), whole.sessions.child.stop(), issuer.stop()]);
      await rm(folder, { recursive: true });
    },
  };
  return whole;
}

/** CVAT's host, whose edge asks the proxy on a port of this machine or has it in the path, and the issuer's. */
export const hostsOf = (proxy: number, issuer: string, isInPath = false): Hosts => ({
  [HOST]: (uri, init) => {
    const headers = { ...(init.headers as object), ...(isInPath ? passedThrough : forwarded(uri)) };
    const at = isInPath || uri.startsWith("/oauth2/") ? uri : "/";
    return fetch(`http://127.0.0.1:${proxy}${at}`, { ...init, headers });
  },
  [new URL(issuer).host]: (uri, init) => fetch(`${issuer}${uri}`, init),
});

/** What an edge adds to its question. (doc.traefik.io, ForwardAuth) */
const forwarded = (uri: string) => ({
  "x-forwarded-proto": "https",
  "x-forwarded-host": HOST,
  "x-forwarded-uri": uri,
  "x-forwarded-for": "192.0.2.7",
});

/** What a Gateway adds to a call that it passes on. (envoyproxy.io: x-forwarded-for, x-forwarded-proto) */
const passedThrough = { "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7" };

/** Resolves when the proxy that was started answers; fails when it has ended, as it does where another has its port. */
export async function answering(port: number, child: Child): Promise<void> {
  const isAnswering = () =>
    fetch(`http://127.0.0.1:${port}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await alive(child, isAnswering, "does not answer");
}

/** Claims of the token that an answer hands over, once its signature is checked by the issuer's keys. */
export async function tokenIn(
  answer: Answer,
  issuer: Issuer,
  header: string = TOKEN_HEADER,
): Promise<Record<string, unknown>> {
  const token = answer.headers.get(header) ?? "";
  const [head = "", body = "", signature = ""] = token.split(".");
  const { kid, alg } = JSON.parse(Buffer.from(head, "base64url").toString()) as { kid: string; alg: string };
  const key = (await issuer.keys()).find((one) => (one as { kid?: string }).kid === kid);
  if (alg !== "RS256" || key === undefined) throw new Error(`a token of ${alg} by the key ${kid}`);
  const isGood = verify(
    "RSA-SHA256",
    Buffer.from(`${head}.${body}`),
    createPublicKey({ key, format: "jwk" }),
    Buffer.from(signature, "base64url"),
  );
  if (!isGood) throw new Error("the signature is not the issuer's");
  return JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
}

function replaced(text: string, pairs: readonly (readonly [from: string, to: string])[]): string {
  return pairs.reduce((done, [from, to]) => {
    if (!done.includes(from)) throw new Error(`the configuration does not have ${from}`);
    return done.replaceAll(from, to);
  }, text);
}
