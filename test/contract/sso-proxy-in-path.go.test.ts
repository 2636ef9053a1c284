import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passedOnBySignIn } from "../../components/cvat/edge.ts";
import { COOKIE, TOKEN_HEADER } from "../../components/sso/names.ts";
import { signInEdge, TOKEN_HOST } from "../fixtures/edge/lab.ts";
import type { Browser } from "./sso/browser.ts";
import { configOf, HOST, startSignIn, tokenIn, type SignIn } from "./sso/sign-in.ts";
import { hasRedis } from "./sso/programs.ts";

const CVAT = `https://${HOST}`;
const FORGED = "forged.by.me";
/** What the proxy waits for an answer's begin here. */
const RESPONSE_S = 2;

const people = {
  anna: { groups: ["/annotators"], email: "anna@example.com", emailVerified: true },
  bert: { groups: ["/others"], email: "bert@example.com", emailVerified: true },
};

const GATEWAY = {
  edge: "gateway",
  gateway: { name: "lab", namespace: "gateways", implementation: "other" },
  responseTimeout: `${RESPONSE_S}s`,
};

/** Where a Service shows the token that it got. */
const SHOWN = "x-shown";

interface Got {
  service: string;
  method: string | undefined;
  url: string | undefined;
  raw: string[];
  bytes: number;
}

/** A Service of CVAT's, which notes what it gets; `/api/slow?s=N` answers after so many seconds, and an upgrade is taken. */
async function startService(service: string, got: Got[]): Promise<Server> {
  const server = createServer((call, response) => {
    let bytes = 0;
    call.on("data", (chunk: Buffer) => (bytes += chunk.length));
    call.on("end", () => {
      got.push({ service, method: call.method, url: call.url, raw: call.rawHeaders, bytes });
      const { searchParams } = new URL(call.url ?? "/", CVAT);
      setTimeout(
        () => {
          response.setHeader(SHOWN, call.headers[TOKEN_HEADER.toLowerCase()] ?? "").end(service);
        },
        Number(searchParams.get("s") ?? 0) * 1000,
      );
    });
  });
  server.on("upgrade", (call: IncomingMessage, socket) => {
    const token = call.headers[TOKEN_HEADER.toLowerCase()] === undefined ? "nobody" : "somebody";
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${token} at ${call.headers.host}`,
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe.skipIf(!hasRedis)("OAuth2 Proxy in the path of a Gateway (needs redis-server)", () => {
  let lab: SignIn;
  const got: Got[] = [];
  const servers: Server[] = [];
  const last = () => got.at(-1) ?? expect.fail("nothing came through");

  beforeAll(async () => {
    const { plan } = signInEdge({ ingress: GATEWAY, sso: { tokenHost: TOKEN_HOST } });
    const edge = passedOnBySignIn(plan) ?? expect.fail("the proxy passes nothing on");
    const ports: Record<string, number> = {};
    for (const service of ["cvat-backend-service", "cvat-frontend-service"]) {
      const server = await startService(service, got);
      servers.push(server);
      ports[service] = (server.address() as AddressInfo).port;
    }
    lab = await startSignIn(people, 30, configOf(), { passedOn: { edge, ports } });
  }, 600_000);
  afterAll(async () => {
    await lab.stop();
    for (const server of servers) server.close().closeAllConnections();
  });

  const signedIn = async (path = "/tasks?page=2"): Promise<Browser> => {
    const browser = lab.browser();
    const { status, address, text } = await browser.open(`${CVAT}${path}`, "anna");
    expect([status, address, text]).toEqual([200, `${CVAT}${path}`, "cvat-frontend-service"]);
    return browser;
  };

  it("signs somebody in, and leads back to the page that was asked for", async () => {
    await signedIn();
    expect(last()).toMatchObject({ service: "cvat-frontend-service", url: "/tasks?page=2" });
  });

  it("passes on by CVAT's paths, with the ID token, and nothing else of who somebody is", async () => {
    const browser = await signedIn();
    for (const [path, service] of [
      ["/", "cvat-frontend-service"],
      ["/apix", "cvat-frontend-service"],
      ["/api", "cvat-backend-service"],
      ["/api/tasks?page=1", "cvat-backend-service"],
      ["/static/a.css", "cvat-backend-service"],
      ["/admin/", "cvat-backend-service"],
      ["/django-rq", "cvat-backend-service"],
      ["/analytics", "cvat-frontend-service"],
    ]) {
      const answer = await browser.ask(`${CVAT}${path}`);
      expect([answer.status, last().service, last().url]).toEqual([200, service, path]);
      expect(await tokenIn(answer, lab.issuer, SHOWN)).toMatchObject({ sub: "anna", aud: "cvat" });
      // A browser is to have no token.
      expect(answer.headers.get(TOKEN_HEADER)).toBeNull();
      const names = last().raw.filter((_, index) => index % 2 === 0);
      expect(names.filter((name) => /-user|email|group|auth|token/i.test(name))).toEqual(["X-Sso-Token"]);
    }
  });

  it("lets no word of the client's stand where its own is, and leaves the client's credential to CVAT alone", async () => {
    const browser = await signedIn();
    const headers = { [TOKEN_HEADER]: FORGED, "X-Forwarded-User": "somebody", Authorization: "Token abc" };
    const answer = await browser.ask(`${CVAT}/api/tasks`, { headers });
    expect((await tokenIn(answer, lab.issuer, SHOWN))["sub"]).toBe("anna");
    expect(last().raw.join("\n")).not.toContain(FORGED);
    expect(last().raw).toEqual(expect.arrayContaining(["Token abc"]));
  });

  it("passes nothing on of who has no session, or is in no group that may", async () => {
    const before = got.length;
    const stranger = lab.browser();
    expect((await stranger.ask(`${CVAT}/tasks`)).status).toBe(302);
    const call = await stranger.ask(`${CVAT}/api/tasks`, { headers: { [TOKEN_HEADER]: FORGED } });
    expect([call.status, call.headers.get("content-type")]).toEqual([401, "application/json"]);
    for (const path of ["/static/..%2fapi", "/api/..%2fadmin", "//api/tasks"])
      expect((await stranger.ask(`${CVAT}${path}`)).status).not.toBe(200);
    expect((await lab.browser().open(CVAT, "bert")).status).toBe(403);
    expect(got.length).toBe(before);
  });

  it("has an upload go through as it comes, and an answer that begins in time", async () => {
    const browser = await signedIn();
    const field = "x".repeat(20 * 2 ** 20);
    const sent = await browser.ask(`${CVAT}/api/tasks/1/data`, { method: "POST", body: { field } });
    expect([sent.status, last().method, last().bytes]).toEqual([200, "POST", field.length + "field=".length]);
    expect((await browser.ask(`${CVAT}/api/slow?s=${RESPONSE_S / 2}`)).status).toBe(200);
    expect((await browser.ask(`${CVAT}/api/slow?s=${RESPONSE_S * 2}`)).status).toBe(502);
  });

  it("opens a WebSocket for who has a session alone, and keeps the Host that CVAT goes by", async () => {
    const browser = await signedIn();
    const cookie = `${COOKIE}=${browser.cookies(HOST)[COOKIE]}`;
    expect(await upgrade(lab.port, { cookie })).toBe(`somebody at ${HOST}`);
    expect(await upgrade(lab.port, {})).toBe("302");
  });

  it("ends a session", async () => {
    const browser = await signedIn();
    expect((await browser.ask(`${CVAT}/oauth2/sign_out`)).status).toBe(302);
    expect((await browser.ask(`${CVAT}/api/tasks`)).status).toBe(401);
  });
});

/** What came of asking for a WebSocket: what the other end said first, or the status of a refusal. */
async function upgrade(port: number, headers: Record<string, string>): Promise<string> {
  const call = request({
    port,
    path: "/ws",
    headers: { ...headers, host: HOST, "x-forwarded-proto": "https", connection: "Upgrade", upgrade: "websocket" },
  });
  call.end();
  return new Promise((resolve, reject) => {
    call.on("error", reject);
    call.on("response", (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    call.on("upgrade", (_response, socket, head) => {
      let text = head.toString();
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      socket.on("end", () => resolve(text)).on("error", reject);
    });
  });
}
