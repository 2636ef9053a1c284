import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spellingsOf } from "../../components/edge/spellings.ts";
import { TOKEN_HEADER } from "../../components/sso/names.ts";
import { REAL, SIGNED_IN, startBackends, type Backends } from "../fixtures/edge/backends.ts";
import { HOST, signInEdge, TOKEN_HOST } from "../fixtures/edge/lab.ts";
import { call } from "../fixtures/edge/raw-call.ts";
import { NGINX, startNginx, type RunningNginx } from "./edge/nginx.ts";

const LAB = { ingress: { edge: "ingress-nginx", bodySize: "8Mi" }, sso: { tokenHost: TOKEN_HOST } };
const COOKIE = `Cookie: ${SIGNED_IN}`;
const FORGED = "forged.by.me";

// nginx is Debian's (apt-get install nginx-light): where it is missing these are skipped, by name.
describe.skipIf(NGINX === undefined)("nginx with what the ingress-nginx controller writes of our Ingresses", () => {
  let backends: Backends;
  let nginx: RunningNginx;
  beforeAll(async () => {
    backends = await startBackends();
    nginx = await startNginx(signInEdge(LAB).objects, backends.ports);
  });
  afterAll(async () => {
    await nginx.close();
    await backends.close();
  });
  const ask = (host: string, path: string, headers: readonly string[] = [], method = "GET", body?: Buffer) =>
    call({
      port: nginx.port,
      tls: true,
      lines: [`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...headers],
      ...(body && { body }),
    });

  it.each<[string, string, string, string[], number, string | undefined]>([
    ["a page without a session goes to the login", HOST, "/tasks", [], 302, undefined],
    ["Django's pages too", HOST, "/admin/login/", [], 302, undefined],
    ["and style", HOST, "/static/x.css", [], 302, undefined],
    ["a call without a session is refused", HOST, "/api/tasks", [], 401, undefined],
    [
      "a token does not count at the host of sessions",
      HOST,
      "/api/tasks",
      [`Authorization: Token ${"0".repeat(40)}`],
      401,
      undefined,
    ],
    ["the version asks for a session there", HOST, "/api/server/about", [], 401, undefined],
    ["a session sees pages", HOST, "/tasks", [COOKIE], 200, "cvat-frontend-service"],
    ["a session calls", HOST, "/api/tasks", [COOKIE], 200, "cvat-backend-service"],
    ["what only begins alike is a page", HOST, "/apix", [COOKIE], 200, "cvat-frontend-service"],
    ["a sign-out is answered", HOST, "/api/sso/signed-out", [], 200, "cvat-backend-service"],
    ["the login is open", HOST, "/oauth2/start", [], 200, undefined],
    ["programs come by their host", TOKEN_HOST, "/api/tasks", [], 200, "cvat-backend-service"],
    ["which has nothing else", TOKEN_HOST, "/admin/", [COOKIE], 404, undefined],
  ])("%s", async (_, host, path, headers, status, service) => {
    expect((await ask(host, path, headers)).status).toBe(status);
    expect(backends.got().map((one) => one.service)).toEqual(service === undefined ? [] : [service]);
  });

  it.each<[string, string, string, string[]]>([
    ["by a session", HOST, "/api/tasks", [COOKIE]],
    ["a page by a session", HOST, "/tasks", [COOKIE]],
    ["open", HOST, "/api/sso/signed-out", []],
    ["by a token", TOKEN_HOST, "/api/tasks", []],
  ])("a forged identity never arrives on a route that is %s", async (_, host, path, headers) => {
    for (const spelling of spellingsOf(TOKEN_HEADER))
      for (const lines of [
        [`${spelling}: ${FORGED}`],
        [`${spelling.toLowerCase()}: ${FORGED}`, `Connection: close, ${spelling}`],
      ]) {
        const { status } = await ask(host, path, [...headers, ...lines]);
        expect(status).toBe(200);
        const [got] = backends.got();
        expect(got?.raw.join("\n")).not.toContain(FORGED);
        const identities = got?.raw.filter((_value, index, all) => /^x[-_.]sso[-_.]token$/i.test(all[index - 1] ?? ""));
        expect(identities).toEqual(headers.includes(COOKIE) ? [REAL] : []);
      }
  });

  it("no spelling of a path gets past the session", async () => {
    const tricks = [
      ...[
        "/static/..%2fapi/users",
        "/oauth2/..%2fapi/users",
        "/oauth2/../api/users",
        "/api/sso/signed-out/..%2f..%2fusers",
      ],
      ...[
        "//api/users",
        "/%61pi/users",
        "/api%2fusers",
        "/api/sso/signed-out%2f..%2f..%2fusers",
        "/oauth2/%2e%2e/api/users",
      ],
    ];
    for (const path of tricks) {
      const { status } = await ask(HOST, path);
      expect([301, 302, 400, 401, 404], path).toContain(status);
    }
    expect(backends.got()).toEqual([]);
  });

  it("an upload gets there whole, and one that is too large is refused", async () => {
    expect((await ask(HOST, "/api/tasks/1/data", [COOKIE], "POST", Buffer.alloc(7 * 2 ** 20))).status).toBe(200);
    expect(backends.got()).toMatchObject([{ bytes: 7 * 2 ** 20 }]);
    expect(
      (await ask(HOST, "/api/tasks/1/data", [COOKIE], "POST", Buffer.alloc(9 * 2 ** 20)).catch(() => ({ status: 413 })))
        .status,
    ).toBe(413);
  });
});
