import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { execa } from "execa";
import getPort from "get-port";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runningProcesses } from "../../automation/processes.ts";
import { certificateOnLoopback } from "../../automation/rehearsal/certificate.ts";
import { obstacles } from "../../components/readiness/explain.ts";
import { SSO_OBJECTS, TOKEN_HEADER } from "../../components/sso/names.ts";
import { hasRedis } from "./sso/programs.ts";
import {
  answering,
  configOf,
  HOST,
  newSecrets,
  startProxy,
  startSessions,
  startSignIn,
  type ProxyArgs,
  type SignIn,
} from "./sso/sign-in.ts";

/** So long is a token good here: longer than a refresh, and short enough to wait for its end. */
const TOKEN_SECONDS = 7;
const REFRESHED_MS = 3_200;
const CVAT = `https://${HOST}`;

const people = () => ({ anna: { groups: ["/annotators"], email: "anna@example.com", emailVerified: true } });

describe.skipIf(!hasRedis)("OAuth2 Proxy when something else is down (needs redis-server)", () => {
  let folder: string;
  let lab: SignIn;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "vision-platform-outage-"));
    lab = await startSignIn(people(), TOKEN_SECONDS);
  }, 600_000);
  afterAll(async () => {
    await lab.stop();
    await rm(folder, { recursive: true });
    // Nothing that was started here is left, on whatever way it was ended.
    expect(runningProcesses().filter(({ words }) => words.some((word) => word.includes(folder)))).toEqual([]);
  });

  /** One that calls itself by another name than it is called by. */
  const otherIssuer = (): Promise<string> =>
    new Promise((resolve) => {
      const server = createServer((_, response) => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ issuer: `${CVAT}/`, authorization_endpoint: `${CVAT}/auth` }));
      });
      server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
      server.unref();
    });

  it.each<[string, (args: ProxyArgs) => Promise<Partial<ProxyArgs>>, RegExp, RegExp]>([
    [
      "there is no issuer",
      async () => ({ issuer: `http://127.0.0.1:${await getPort()}` }),
      /connection refused/,
      /The pod does not reach the issuer/,
    ],
    [
      "the issuer calls itself otherwise",
      async () => ({ issuer: await otherIssuer() }),
      /did not match/,
      /sso\.issuer is not what the issuer calls itself/,
    ],
    [
      "there are no sessions",
      async () => ({ sessions: await getPort() }),
      /connection refused/,
      /Sign-in's proxy does not reach its sessions/,
    ],
    [
      "the sessions have another password",
      ({ secrets }) => Promise.resolve({ secrets: { ...secrets, sessions: newSecrets().sessions } }),
      /WRONGPASS/,
      /Sign-in's proxy does not reach its sessions/,
    ],
  ])("ends soon where %s, with the reason, of which a gate tells the cure", async (_, other, reason, cure) => {
    const args = { config: lab.config, issuer: lab.issuer.url, sessions: lab.sessions.port, secrets: lab.secrets };
    const changed = { ...args, ...(await other(args)) };
    const { child } = await startProxy(await mkdtemp(path.join(folder, "proxy-")), changed);
    expect(await Promise.race([child.ended, pause(20_000, "still there", { ref: false })])).toBe(1);
    expect(child.said()).toMatch(reason);
    // What the kubelet makes of the end of its log.
    const [told] = obstacles(
      [{ kind: "Deployment", name: SSO_OBJECTS.proxy, stage: "server" }],
      [crashed(child.said())],
      [],
    );
    expect(told?.reason).toMatch(reason);
    expect(told?.cure).toMatch(cure);
    for (const secret of Object.values(changed.secrets)) expect(JSON.stringify(told)).not.toContain(secret);
  });

  it("asks an issuer of a private authority by that, signing out at it too, and ends without it, with the key", async () => {
    const subject = [{ name: "commonName", value: "issuer" }];
    const { ca, certificate, key } = await certificateOnLoopback({ authority: "the lab's own", subject });
    const realm = "/realms/lab";
    const config = configOf({ issuer: `https://auth.example.com${realm}`, signOutUrl: "", issuerCa: ca });
    const own = await startSignIn(people(), TOKEN_SECONDS, config, { path: realm, tls: { cert: certificate, key } });
    try {
      const browser = own.browser();
      expect(await browser.open(`${CVAT}/tasks`, "anna")).toMatchObject({ status: 202, address: `${CVAT}/tasks` });
      await browser.ask(`${CVAT}/oauth2/sign_out`);
      expect(
        own.issuer.calls.filter((call) => call.startsWith(`${realm}/protocol/openid-connect/logout?`)),
      ).toHaveLength(1);
      const others = await certificateOnLoopback({ authority: "another", subject });
      for (const issuerCa of [undefined, others.ca]) {
        const { child } = await startProxy(await mkdtemp(path.join(folder, "proxy-")), {
          config: { ...config, issuerCa },
          issuer: new URL(own.issuer.url).origin,
          sessions: own.sessions.port,
          secrets: own.secrets,
        });
        expect(await Promise.race([child.ended, pause(20_000, "still there", { ref: false })])).toBe(1);
        const workload = { kind: "Deployment", name: SSO_OBJECTS.proxy, stage: "server" } as const;
        const [told] = obstacles([workload], [crashed(child.said())], []);
        expect(told?.cure).toMatch(/sso\.issuerCa/);
      }
    } finally {
      await own.stop();
    }
  });

  it("goes on with the old token while the issuer is down, and no longer than that is good", async () => {
    const browser = lab.browser();
    expect((await browser.open(CVAT, "anna")).status).toBe(202);
    const token = (await lab.ask(browser, "/")).headers.get(TOKEN_HEADER);
    await lab.issuer.down();
    try {
      await pause(REFRESHED_MS);
      const meanwhile = await lab.ask(browser, "/");
      expect([meanwhile.status, meanwhile.headers.get(TOKEN_HEADER)]).toEqual([202, token]);
      await pause(TOKEN_SECONDS * 1000 - REFRESHED_MS + 1_000);
      expect((await lab.ask(browser, "/api/tasks")).status).toBe(401);
      const page = await lab.ask(browser, "/");
      expect([page.status, page.headers.get(TOKEN_HEADER)]).toEqual([302, null]);
    } finally {
      await lab.issuer.up();
    }
    expect((await browser.open(CVAT, "anna")).status).toBe(202);
  });

  it("lets nobody through while the sessions are down, is not ready, and goes on when they are back", async () => {
    const browser = lab.browser();
    expect((await browser.open(CVAT, "anna")).status).toBe(202);
    await lab.sessions.child.stop();
    const at = (page: string) => lab.own(page).then(({ status }) => status);
    const [call, ready, ping] = await Promise.all([lab.ask(browser, "/api/tasks"), at("/ready"), at("/ping")]);
    expect([call.status, call.headers.get(TOKEN_HEADER), ready, ping]).toEqual([401, null, 500, 200]);
    await lab.restartSessions();
    // Empty: everybody signs in again, without a word of the issuer's where he is still known there.
    expect((await lab.ask(browser, "/api/tasks")).status).toBe(401);
    expect((await browser.open(CVAT)).status).toBe(202);
  });

  it("shows a page of its own, with a way out, where the issuer does not take the client's secret", async () => {
    const secrets = { ...lab.secrets, client: newSecrets().client };
    const args = { config: lab.config, issuer: lab.issuer.url, sessions: lab.sessions.port, secrets };
    const { port, child } = await startProxy(await mkdtemp(path.join(folder, "proxy-")), args);
    try {
      await answering(port, child);
      const browser = lab.browser(port);
      const page = await browser.open(CVAT, "anna");
      expect(page.status).toBe(500);
      expect(page.text).toContain("Signing in did not work");
      expect(page.text).toContain("Sign in as somebody else");
    } finally {
      await child.stop();
    }
  });

  it("believes nobody but the edge about the address that was asked for", async () => {
    const config = configOf({ proxy: { trustedProxies: ["192.0.2.0/24"] } });
    const args = { config, issuer: lab.issuer.url, sessions: lab.sessions.port, secrets: lab.secrets };
    const { port, child } = await startProxy(await mkdtemp(path.join(folder, "proxy-")), args);
    try {
      await answering(port, child);
      const ask = (uri: string, to: number) =>
        fetch(`http://127.0.0.1:${to}/`, { redirect: "manual", headers: { "x-forwarded-uri": uri } });
      expect((await ask("/api/tasks", port)).status).toBe(302);
      expect((await ask("/api/tasks", lab.port)).status).toBe(401);
    } finally {
      await child.stop();
    }
  });

  it("keeps sessions within their bound: the newest stay, those that nobody used longest go", async () => {
    const small = await startSessions(path.join(folder, "small"), lab.secrets.sessions, { memory: "16Mi" });
    const redis = async (password: string, ...words: string[]) => {
      const env = { REDISCLI_AUTH: password };
      const { stdout } = await execa("redis-cli", ["-p", String(small.port), ...words], { env, reject: false });
      return stdout;
    };
    try {
      const write =
        "for i = ARGV[1], ARGV[1] + 299 do redis.call('SET', i, string.rep('x', 10000)) end return redis.status_reply('OK')";
      for (let first = 1; first <= 3_000; first += 300) {
        expect(await redis(lab.secrets.sessions, "EVAL", write, "0", String(first))).toBe("OK");
        // Redis knows ages by the second, and takes the oldest of a few that it looks at: the oldest and the newest have a second of their own.
        // It makes room before the next command, whatever that is, so also for the last of the newest. (redis.io: Key eviction, approximated LRU)
        if (first === 1 || first === 2_401) await pause(1_500);
      }
      const there = async (first: number) =>
        Number(await redis(lab.secrets.sessions, "EXISTS", ...Array.from({ length: 300 }, (_, at) => `${first + at}`)));
      expect(await there(1)).toBeLessThan(100);
      expect(await there(2_701)).toBeGreaterThan(150);
      expect(await redis(lab.secrets.sessions, "STRLEN", "3000")).toBe("10000");
      expect(await redis("wrong", "PING")).toMatch(/NOAUTH/);
    } finally {
      await small.child.stop();
    }
  });
});

/** A pod as the kubelet tells of one whose container ended, with the end of its log. */
function crashed(log: string): V1Pod {
  const made: unknown = {
    metadata: { name: `${SSO_OBJECTS.proxy}-6d4b8f7c9d-x2vbn` },
    status: {
      containerStatuses: [
        {
          name: "oauth2-proxy",
          image: "quay.io/oauth2-proxy/oauth2-proxy",
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" } },
          lastState: { terminated: { exitCode: 1, reason: "Error", message: log.slice(-2048) } },
        },
      ],
    },
  };
  return made as V1Pod;
}
