import { connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spellingsOf } from "../../../components/edge/spellings.ts";
import { TOKEN_HEADER } from "../../../components/sso/names.ts";
import { OPEN_AT_EDGE } from "../../fixtures/edge/backend-routes.ts";
import { HOST, signInEdge } from "../../fixtures/edge/lab.ts";
import { call, type RawCall } from "../../fixtures/edge/raw-call.ts";
import { REAL, SIGNED_IN, startBackends, type Backends } from "../../fixtures/edge/backends.ts";
import { startTraefik, type RunningEdge } from "./edge.ts";

const LAB = { ingress: { bodySize: "64Mi", responseTimeout: "1s" } };
const KEY = `Authorization: Token ${"0123456789".repeat(4)}`;
const COOKIE = `Cookie: ${SIGNED_IN}`;
const FORGED = "forged.by.me";

let backends: Backends;
let edge: RunningEdge;

beforeAll(async () => {
  backends = await startBackends();
  edge = await startTraefik(signInEdge(LAB).objects, backends.ports);
});
afterAll(async () => {
  await edge.close();
  await backends.close();
});

const ask = (path: string, headers: readonly string[] = [], more: Partial<RawCall> = {}) =>
  call({ port: edge.https, tls: true, lines: [`GET ${path} HTTP/1.1`, `Host: ${HOST}`, ...headers], ...more });

describe("Traefik with our objects", () => {
  it.each<[string, string, string[], number, string | undefined]>([
    ["a page without a session goes to the login", "/tasks", [], 302, undefined],
    ["a call without one is refused", "/api/tasks", [], 401, undefined],
    [
      "a call with a JSON Web Token is no call with a token",
      "/api/tasks",
      ["Authorization: Bearer a.b.c"],
      401,
      undefined,
    ],
    ["a call with a password is none either", "/api/tasks", ["Authorization: Basic YTpi"], 401, undefined],
    ["Django's pages ask for a session first", "/admin/login/", [], 302, undefined],
    ["so do the queues", "/django-rq/stats.json/", [KEY], 302, undefined],
    ["and style", "/static/x.css", [], 302, undefined],
    ["and analytics", "/analytics/d/1", [KEY], 302, undefined],
    ["a session sees pages", "/tasks", [COOKIE], 200, "cvat-frontend-service"],
    ["a session calls", "/api/tasks?page=1", [COOKIE], 200, "cvat-backend-service"],
    ["a session whom CVAT lets sees analytics", "/analytics/d/1", [COOKIE], 200, "cvat-grafana"],
    ["a login key calls", "/api/tasks", [KEY], 200, "cvat-backend-service"],
    [
      "an access token calls",
      "/api/tasks",
      [`Authorization: Bearer abcd1234.${"a1".repeat(16)}`],
      200,
      "cvat-backend-service",
    ],
    ["the version is open", "/api/server/about", [], 200, "cvat-backend-service"],
    ["the login of programs is open", "/api/auth/login", [], 200, "cvat-backend-service"],
    ["what only begins alike is a page", "/apix", [COOKIE], 200, "cvat-frontend-service"],
    ["the login is open", "/oauth2/start?rd=/", [], 200, undefined],
  ])("%s", async (_, path, headers, status, service) => {
    const answer = await ask(path, headers);
    expect(answer.status).toBe(status);
    expect(backends.got().map((one) => one.service)).toEqual(service === undefined ? [] : [service]);
    if (status === 302) expect(answer.head).toMatch(/location: https:\/\/auth\.example\.com\/login/i);
    if (status === 401) expect(answer.body).toContain("{}");
  });

  it("by http leads to https, whoever asks for what", async () => {
    for (const path of ["/", "/api/tasks", "/api/server/about", "/oauth2/start"]) {
      const answer = await call({ port: edge.http, lines: [`GET ${path} HTTP/1.1`, `Host: ${HOST}`, COOKIE, KEY] });
      expect(answer.status).toBe(301);
      expect(answer.head).toMatch(/location: https:\/\//i);
    }
    expect(backends.got()).toEqual([]);
  });

  it("another host has none of it", async () => {
    const lines = ["GET /api/server/about HTTP/1.1", "Host: other.example.com", COOKIE, KEY];
    expect((await call({ port: edge.https, tls: true, lines })).status).toBe(404);
  });
});

/** Ways to write a header, each as lines. */
const WAYS: [string, (name: string) => string[]][] = [
  ["as it is", (name) => [`${name}: ${FORGED}`]],
  ["in small letters", (name) => [`${name.toLowerCase()}: ${FORGED}`]],
  ["in capitals", (name) => [`${name.toUpperCase()}: ${FORGED}`]],
  ["twice", (name) => [`${name}: ${FORGED}`, `${name}: ${FORGED}2`]],
  ["with blanks", (name) => [`${name}:   ${FORGED}  `]],
  ["named by Connection", (name) => [`${name}: ${FORGED}`, `Connection: close, ${name}`]],
];

const ROUTES: [string, string, string[]][] = [
  ["open", "/api/server/about", []],
  ["by a token", "/api/tasks", [KEY]],
  ["by a session", "/api/tasks", [COOKIE]],
  ["a page by a session", "/tasks", [COOKIE]],
  ["Django's pages by a session", "/admin/", [COOKIE]],
  ["analytics by a session", "/analytics/", [COOKIE]],
];

describe.each(ROUTES)("a forged identity on a route that is %s", (_, path, headers) => {
  it.each(WAYS)("never arrives, written %s in any of its spellings", async (_way, write) => {
    for (const spelling of spellingsOf(TOKEN_HEADER)) {
      const { status } = await ask(path, [...headers, ...write(spelling)]);
      expect(status).toBe(200);
      const [got] = backends.got();
      expect(got?.raw.join("\n")).not.toContain(FORGED);
      const identities = got?.raw.filter((_value, index, all) => /^x[-_.]sso[-_.]token$/i.test(all[index - 1] ?? ""));
      expect(identities).toEqual(headers.includes(COOKIE) ? [REAL] : []);
    }
  });

  it("never arrives by HTTP/2", async () => {
    const session = connect(`https://127.0.0.1:${edge.https}`, { rejectUnauthorized: false, servername: HOST });
    const [key, value] = headers[0]?.split(": ") ?? [];
    for (const spelling of spellingsOf(TOKEN_HEADER.toLowerCase())) {
      const sent = {
        ":authority": HOST,
        ":path": path,
        [spelling]: FORGED,
        ...(key && { [key.toLowerCase()]: value }),
      };
      await new Promise<void>((resolve, reject) => {
        const stream = session.request(sent);
        stream.on("error", reject).on("close", resolve).resume().end();
      });
      const [got] = backends.got();
      expect(got?.path).toBe(path);
      expect(got?.raw.join("\n")).not.toContain(FORGED);
    }
    session.close();
  });
});

it("a spelling that is not listed would arrive: Traefik takes away what it is told, and no more", async () => {
  const one = signInEdge(LAB).objects.map((object) =>
    object.name === "sso-clean"
      ? { ...object, spec: { headers: { customRequestHeaders: { [TOKEN_HEADER]: "" } } } }
      : object,
  );
  const careless = await startTraefik(one, backends.ports);
  try {
    const lines = ["GET /api/server/about HTTP/1.1", `Host: ${HOST}`, `X_Sso_Token: ${FORGED}`];
    await call({ port: careless.https, tls: true, lines });
    expect(backends.got()[0]?.raw).toContain(FORGED);
  } finally {
    await careless.close();
  }
});

/** Paths that are one thing to a rule and may be another to CVAT. */
const TRICKS = [
  ...["/static/..%2fapi/users", "/static%2f..%2fapi/users", "/oauth2/..%2fapi/users", "/oauth2/%2e%2e/api/users"],
  ...[
    "/api/server/about/..%2f..%2fusers",
    "/api/server/about%2f..%2f..%2fusers",
    "/api/server%2fabout",
    "/api%2Fserver%2Fabout",
  ],
  ...[
    "/api/auth%2Flogin",
    "/api/auth%2fregister",
    "/api/server/about%00",
    "/api/server/about%3f/../users",
    "/api/server/about%23",
  ],
  ...["/api/server/about/../../users", "//api/users", "/./api/users", "/oauth2/../api/users", "/static/..%5capi/users"],
  ...["/oauth2/..%252fapi/users", "/%61pi/users", "/api/server/about;x", "/api/server/about/", "/api/server/about%3bx"],
  ...[
    "/api/server/about/users",
    "/api/auth/login/../users",
    "/API/users",
    "/oauth2%2f..%2fapi/users",
    "/oauth2/..;/api/users",
  ],
];

it("no spelling of a path gets past the session", async () => {
  for (const path of TRICKS) {
    await ask(path);
    for (const got of backends.got()) expect(Object.keys(OPEN_AT_EDGE), path).toContain(got.path);
  }
});

it("an encoded slash is refused on every route", async () => {
  for (const [headers, path] of [
    [[COOKIE], "/static/..%2fapi"],
    [[COOKIE], "/a%2fb"],
    [[KEY], "/api/auth%2Fregister"],
  ] as const)
    expect((await ask(path, headers)).status, path).toBe(400);
  expect(backends.got()).toEqual([]);
});

it("a request that is too large is refused, one that is not gets there whole, and an answer that does not begin is given up", async () => {
  const post = (path: string, headers: readonly string[], bytes: number) =>
    call({
      port: edge.https,
      tls: true,
      lines: [`POST ${path} HTTP/1.1`, `Host: ${HOST}`, ...headers],
      body: Buffer.alloc(bytes),
    });
  expect((await post("/api/tasks/1/data", [COOKIE], 63 * 2 ** 20)).status).toBe(200);
  expect(backends.got()).toMatchObject([{ bytes: 63 * 2 ** 20 }]);
  expect((await post("/api/tasks/1/data", [COOKIE], 65 * 2 ** 20).catch(() => ({ status: 413 }))).status).toBe(413);
  // Who has no session is refused before anything of his is kept.
  expect((await post("/api/tasks/1/data", [], 1024)).status).toBe(401);
  expect(backends.got()).toEqual([]);
  expect((await ask("/api/slow", [COOKIE])).status).toBe(504);
  backends.got();
});

describe("without the Middleware", () => {
  const middlewares = signInEdge(LAB).objects.filter(({ kind }) => kind === "Middleware");

  it.each(middlewares.map(({ name }) => name))("%s nothing opens", async (name) => {
    const fewer = signInEdge(LAB).objects.filter((object) => object.name !== name);
    const broken = await startTraefik(fewer, backends.ports);
    try {
      for (const path of [
        "/",
        "/tasks",
        "/api/tasks",
        "/admin/",
        "/django-rq/",
        "/static/x",
        "/analytics/",
        ...Object.keys(OPEN_AT_EDGE),
      ])
        for (const headers of [[], ["Authorization: Bearer a.b.c"]]) {
          const lines = [`GET ${path} HTTP/1.1`, `Host: ${HOST}`, `${TOKEN_HEADER}: ${FORGED}`, ...headers];
          await call({ port: broken.https, tls: true, lines });
          for (const got of backends.got()) {
            expect(Object.keys(OPEN_AT_EDGE)).toContain(got.path);
            expect(got.raw.join("\n")).not.toContain(FORGED);
          }
        }
    } finally {
      await broken.close();
    }
  });
});
