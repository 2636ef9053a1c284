import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SsoConfig } from "../../../components/sso/sso-config.ts";
import { hasRedis } from "../../contract/sso/programs.ts";
import { answering, newSecrets, startProxy, startSessions, type Sessions } from "../../contract/sso/sign-in.ts";
import { POSTGRESQL } from "../../contract/postgresql-server.ts";
import { HOST, signInEdge } from "../../fixtures/edge/lab.ts";
import { done, REALM } from "../../fixtures/keycloak/keycloak.ts";
import { chromiumProgram } from "../../full/browser.ts";
import { whyNoKeycloak } from "../keycloak/obtain.ts";
import { makePeople } from "../keycloak/people.ts";
import { startKeycloak, type RealKeycloak } from "../keycloak/server.ts";
import { startTraefik, type RunningEdge } from "../traefik/edge.ts";
import { startChromium, type Chromium } from "./chromium.ts";
import { startCvatServer } from "./cvat.ts";
import { LIVE, startEcho } from "../servers/echo.ts";
import { startPages } from "../servers/pages.ts";
import { startTap, type Tap } from "../servers/tap.ts";

/** Names as people know them. */
export const CVAT = `https://${HOST}`;
export const ISSUER_HOST = "auth.example.com";
/** Of the same site as CVAT, and of another. */
export const SIBLING = "https://notebooks.example.com";
export const STRANGER = "https://notebooks.example.org";
export const PASSWORD = "correct-horse-battery";
/** People of the realm, and their groups. */
const PEOPLE: Readonly<Record<string, readonly string[]>> = {
  anna: ["/annotators"],
  bert: [],
  carla: ["/annotators"],
  dora: ["/annotators"],
  emma: ["/annotators", "/admins"],
};

/** Everything that signing in goes through, with a browser before it. */
export interface BrowserLab {
  keycloak: RealKeycloak;
  edge: RunningEdge;
  chromium: Chromium;
  /** What came to CVAT's server. */
  cvat: Tap;
  /** The proxy's sessions, all of them, are gone. */
  forgetSessions(): Promise<void>;
  /** Their issuer's sessions of somebody end, as an administrator ends them. */
  endAtIssuer(username: string): Promise<void>;
  end(): Promise<void>;
}

/** Why it cannot run on this machine; undefined where it can. */
export async function whyNoBrowserLab(): Promise<string | undefined> {
  if (chromiumProgram() === undefined) return "there is no Chromium on PATH";
  if (!hasRedis) return "there is no redis-server on PATH";
  if (POSTGRESQL === undefined) return "PostgreSQL is not installed";
  return whyNoKeycloak();
}

/** Starts all of it: Keycloak by a public name, with the client that `up` makes; the proxy, the edge and CVAT's module as a stack file has them. */
export async function startBrowserLab(): Promise<BrowserLab> {
  const ends: (() => Promise<unknown>)[] = [];
  const end = async () => {
    for (const one of ends.reverse()) await one();
  };
  try {
    const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-browser-"));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const keycloak = await startKeycloak(() => [
      `--hostname=https://${ISSUER_HOST}`,
      "--hostname-backchannel-dynamic=true",
      "--proxy-headers=xforwarded",
    ]);
    ends.push(() => keycloak.end());
    const { plan, objects, ...edgeOf } = signInEdge({
      cvat: { analytics: { enabled: true } },
      sso: {
        groups: { "/annotators": { role: "worker", organizations: { lab: "worker" } }, "/admins": { superuser: true } },
        internalIssuer: keycloak.url,
        keycloak: {},
      },
    });
    const secrets = newSecrets();
    // It refreshes sooner than a stack file may have it, so that a test need not wait.
    const sso: SsoConfig = { ...edgeOf.sso, refresh: "2s" };
    await makePeople(keycloak, { sso, host: HOST, secret: secrets.client, people: PEOPLE, password: PASSWORD });
    const memory = path.join(folder, "sessions");
    let sessions: Sessions = await startSessions(memory, secrets.sessions);
    ends.push(() => sessions.child.stop());
    const proxy = await startProxy(path.join(folder, "proxy"), {
      config: sso,
      issuer: `https://${ISSUER_HOST}`,
      sessions: sessions.port,
      secrets,
    });
    ends.push(() => proxy.child.stop());
    await answering(proxy.port, proxy.child);
    const server = await startCvatServer(folder, { sso, cvat: plan.config });
    ends.push(() => server.close());
    const [cvat, pages, grafana, others] = await Promise.all([
      startTap(server.port),
      startPages("cvat"),
      startEcho(LIVE),
      startPages("others"),
    ]);
    for (const own of [cvat, pages, grafana, others]) ends.push(() => own.close());
    const ports = {
      "cvat-backend-service": cvat.port,
      "cvat-frontend-service": pages.port,
      "cvat-grafana": grafana.port,
      "cvat-sso-proxy": proxy.port,
    };
    const edge = await startTraefik(objects, ports, {
      others: {
        [ISSUER_HOST]: Number(new URL(keycloak.url).port),
        [new URL(SIBLING).host]: others.port,
        [new URL(STRANGER).host]: others.port,
      },
    });
    ends.push(() => edge.close());
    const hosts = [HOST, ISSUER_HOST, new URL(SIBLING).host, new URL(STRANGER).host];
    const chromium = await startChromium({
      program: chromiumProgram() ?? fail("Chromium is there"),
      hosts: Object.fromEntries(hosts.map((host) => [host, edge.https])),
      certificate: edge.certificate,
    });
    ends.push(() => chromium.end());
    return {
      ...{ keycloak, edge, chromium, cvat, end },
      async forgetSessions() {
        await sessions.child.stop();
        sessions = await startSessions(memory, secrets.sessions, { at: sessions.port });
      },
      async endAtIssuer(username) {
        const { id } = await personNamed(keycloak, username);
        await done(keycloak, "POST", `/${REALM}/users/${id}/logout`);
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Somebody as Keycloak has him. */
export async function personNamed(keycloak: RealKeycloak, username: string): Promise<{ id: string }> {
  const query = new URLSearchParams({ username, exact: "true" }).toString();
  const [found] = await done<{ id: string }[]>(keycloak, "GET", `/${REALM}/users?${query}`);
  return found ?? fail(`${username} is in the realm`);
}

function fail(why: string): never {
  throw new Error(why);
}
