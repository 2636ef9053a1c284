import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COOKIE, TOKEN_HEADER } from "../../components/sso/names.ts";
import { signOutPath } from "../../components/sso/sign-out.ts";
import type { Answer, Browser } from "./sso/browser.ts";
import { HOST, startSignIn, tokenIn, type SignIn } from "./sso/sign-in.ts";
import { hasRedis } from "./sso/programs.ts";

const CVAT = `https://${HOST}`;
const TOKEN_SECONDS = 30;
/** When the proxy asks for a new token: it counts whole seconds, and waits for more than two. */
const REFRESHED_MS = 3_200;

/** What people the issuer knows, by their subjects. */
const people = {
  anna: { groups: ["/annotators", "/others"], email: "anna@example.com", emailVerified: true },
  bert: { groups: ["/others"], email: "bert@example.com", emailVerified: true },
  cleo: { groups: ["/annotators"] },
  dora: { groups: ["/annotators"], email: "dora@example.com", emailVerified: false },
};

describe.skipIf(!hasRedis)("OAuth2 Proxy by the lab's own configuration (needs redis-server)", () => {
  let lab: SignIn;
  beforeAll(async () => {
    lab = await startSignIn(people, TOKEN_SECONDS);
  }, 600_000);
  afterAll(() => lab.stop());

  const signedIn = async (who: string, path = "/tasks?page=2"): Promise<Browser> => {
    const browser = lab.browser();
    const { status, address } = await browser.open(`${CVAT}${path}`, who);
    expect([status, address]).toEqual([202, `${CVAT}${path}`]);
    return browser;
  };

  it("signs somebody in by the code flow with PKCE and a nonce, back to the page he asked for", async () => {
    const browser = await signedIn("anna");
    const asked = new URLSearchParams(lab.issuer.calls.find((call) => call.startsWith("/auth?"))?.split("?")[1]);
    expect(Object.fromEntries(asked)).toMatchObject({
      client_id: "cvat",
      response_type: "code",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      nonce: expect.stringMatching(/.{20,}/) as string,
      scope: "openid email profile",
      redirect_uri: `${CVAT}/oauth2/callback`,
    });
    const claims = await tokenIn(await lab.ask(browser, "/tasks"), lab.issuer);
    expect(claims).toMatchObject({ iss: lab.issuer.url, aud: "cvat", sub: "anna", groups: ["/annotators", "/others"] });
    expect(claims["nonce"]).toBe(asked.get("nonce"));
  });

  it("hands over the ID token, and nothing else of who somebody is", async () => {
    const browser = await signedIn("anna");
    const { headers } = await lab.ask(browser, "/api/tasks");
    const told = [...headers.keys()].filter((name) => !/^(date|content-\w+|gap-auth)$/.test(name));
    expect(told).toEqual([TOKEN_HEADER.toLowerCase()]);
    // The proxy's own for logs, which cannot be had without; there is no address of mail in it.
    expect(headers.get("gap-auth")).toBe("anna");
  });

  it("keeps one cookie of this host alone, by https, not for scripts, not from other sites", async () => {
    const browser = await signedIn("anna");
    expect(Object.keys(browser.cookies(HOST))).toEqual([COOKIE]);
    const own = browser.setCookies.filter((line) => line.includes("cvat-sso"));
    expect(own.length).toBeGreaterThan(1);
    for (const line of own) {
      expect(line).toMatch(/^__Host-/);
      expect(line).toMatch(/; Path=\/(;|$)/i);
      expect(line).toMatch(/; HttpOnly/i);
      expect(line).toMatch(/; Secure/i);
      expect(line).toMatch(/; SameSite=Lax/i);
      expect(line).not.toMatch(/; Domain=/i);
    }
    const session = own.findLast((line) => line.startsWith(`${COOKIE}=`)) ?? "";
    expect(Number(/max-age=(\d+)/i.exec(session)?.[1])).toBe(12 * 3_600);
  });

  it("lets nobody in who is in no allowed group, and shows him a way out", async () => {
    const browser = lab.browser();
    const refused = await browser.open(CVAT, "bert");
    expect(refused.status).toBe(403);
    expect(browser.cookies(HOST)).toEqual({});
    const way = hrefs(refused).find((href) => href.startsWith(lab.issuer.url)) ?? "";
    expect((await browser.open(way)).text).toContain("sign-out");
    // Without it he goes in circles as the same person.
    expect((await browser.open(CVAT)).status).toBe(403);
    await signOutAtIssuer(browser, way);
    expect((await browser.open(CVAT, "anna")).status).toBe(202);
  });

  it("asks for no address of mail: the subject is who somebody is", async () => {
    for (const who of ["cleo", "dora"]) {
      expect((await tokenIn(await lab.ask(await signedIn(who), "/"), lab.issuer))["sub"]).toBe(who);
    }
  });

  it("has a new token before the old one ends, one for many calls at once", async () => {
    const browser = await signedIn("anna");
    const first = await lab.ask(browser, "/");
    await pause(REFRESHED_MS);
    lab.issuer.calls.length = 0;
    const answers = await Promise.all(Array.from({ length: 24 }, () => lab.ask(browser, "/api/tasks")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const tokens = new Set(answers.map(({ headers }) => headers.get(TOKEN_HEADER)));
    expect(tokens.size).toBe(1);
    expect(tokens).not.toContain(first.headers.get(TOKEN_HEADER));
    expect(lab.issuer.calls.filter((call) => call === "/token")).toHaveLength(1);
    const [before, after] = [await tokenIn(first, lab.issuer), await tokenIn(answers[0] as Answer, lab.issuer)];
    expect(Number(after["exp"])).toBeGreaterThan(Number(before["exp"]));
  });

  it("puts somebody out at the next refresh who lost his group", async () => {
    const browser = await signedIn("cleo");
    people.cleo.groups = ["/others"];
    try {
      expect((await lab.ask(browser, "/")).status).toBe(202);
      await pause(REFRESHED_MS);
      const page = await lab.ask(browser, "/");
      expect(page.status).toBe(403);
      expect(page.headers.get(TOKEN_HEADER)).toBeNull();
      expect(hrefs(page).some((href) => href.startsWith(lab.issuer.url))).toBe(true);
      expect((await lab.ask(browser, "/api/tasks")).status).toBe(401);
    } finally {
      people.cleo.groups = ["/annotators"];
    }
  });

  it("leads pages to the login and answers calls with 401, whatever they accept", async () => {
    const browser = lab.browser();
    const page = await lab.ask(browser, "/tasks/1");
    expect([page.status, page.headers.get("location")?.split("?")[0]]).toEqual([302, `${lab.issuer.url}/auth`]);
    for (const accept of ["application/json, text/plain, */*", "application/vnd.cvat+json", "*/*", "text/html"]) {
      const call = await lab.ask(browser, "/api/tasks?page=1", { headers: { accept } });
      expect([accept, call.status, call.text.trim()]).toEqual([accept, 401, "{}"]);
      expect(call.headers.get("content-type")).toContain("application/json");
      expect(call.headers.get("location")).toBeNull();
    }
    // Not what only begins alike.
    expect((await lab.ask(browser, "/apiary")).status).toBe(302);
  });

  it("signs somebody out of itself and of the issuer, and takes no copy of his cookie afterwards", async () => {
    const browser = await signedIn("anna");
    const copied = browser.cookies(HOST);
    const out = await browser.open(`${CVAT}${pathAtTest(lab)}`);
    expect(browser.way).toEqual(["/oauth2/sign_out", "/session/end"]);
    expect(out.status).toBe(200);
    const hint = new URL(out.address).searchParams.get("id_token_hint") ?? "";
    expect(JSON.parse(Buffer.from(hint.split(".")[1] ?? "", "base64url").toString())).toMatchObject({ sub: "anna" });
    expect(browser.cookies(HOST)).toEqual({});
    await confirm(browser, out);
    // The issuer knows nobody any more.
    expect((await browser.open(CVAT)).text).toContain('name="login"');

    const thief = lab.browser();
    thief.take(HOST, copied);
    const replayed = await lab.ask(thief, "/api/tasks");
    expect([replayed.status, replayed.headers.get(TOKEN_HEADER)]).toEqual([401, null]);
  });

  it("leads nobody to another site after signing out or in", async () => {
    for (const path of ["/oauth2/sign_out?rd=https://evil.example/", "/oauth2/sign_out?rd=//evil.example"]) {
      const browser = await signedIn("anna");
      expect((await lab.ask(browser, path)).headers.get("location")).toBe(`${CVAT}/`);
    }
    const browser = lab.browser();
    const { address } = await browser.open(`${CVAT}/oauth2/start?rd=https://evil.example/`, "anna");
    expect(new URL(address).host).toBe(HOST);
  });

  it("signs in both of two tabs that began at once", async () => {
    const browser = lab.browser();
    const starts = await Promise.all(["/tasks/1", "/tasks/2"].map((path) => lab.ask(browser, path)));
    const [one = "", two = ""] = starts.map(({ headers }) => headers.get("location") ?? "");
    expect(await browser.open(one, "anna")).toMatchObject({ status: 202, address: `${CVAT}/tasks/1` });
    expect(await browser.open(two, "anna")).toMatchObject({ status: 202, address: `${CVAT}/tasks/2` });
    // Twelve tries leave no more than it keeps.
    const another = lab.browser();
    for (let tries = 0; tries < 12; tries += 1) await lab.ask(another, "/");
    expect(Object.keys(another.cookies(HOST)).length).toBeLessThanOrEqual(6);
  });

  it("believes no token that comes with the request, however its header is spelt", async () => {
    const forged = "forged.by.me";
    const spellings = ["X-Sso-Token", "X_Sso_Token", "x-sso-token", "X-SSO_TOKEN", "X.Sso.Token"];
    const browser = await signedIn("anna");
    for (const spelling of spellings) {
      const headers = { [spelling]: forged };
      const nobody = await lab.ask(lab.browser(), "/api/tasks", { headers });
      expect([spelling, nobody.status, nobody.headers.get(TOKEN_HEADER)]).toEqual([spelling, 401, null]);
      expect((await tokenIn(await lab.ask(browser, "/api/tasks", { headers }), lab.issuer))["sub"]).toBe("anna");
    }
    // Nor a token that is good, and comes in a header that CVAT's own come in.
    const token = (await lab.ask(browser, "/")).headers.get(TOKEN_HEADER) ?? "";
    const bearer = await lab.ask(lab.browser(), "/api/tasks", { headers: { authorization: `Bearer ${token}` } });
    expect(bearer.status).toBe(401);
  });

  it("says no secret, no token and no code in its log", async () => {
    const browser = await signedIn("anna");
    const token = (await lab.ask(browser, "/")).headers.get(TOKEN_HEADER) ?? "";
    const said = lab.proxy.said();
    expect(said).toContain("Authenticated via OAuth2");
    for (const secret of [
      ...Object.values(lab.secrets),
      token,
      token.split(".")[2] ?? "",
      browser.cookies(HOST)[COOKIE] ?? "",
    ]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(said.includes(secret)).toBe(false);
    }
    expect(said).not.toMatch(/[?&]code=/);
  });
});

const hrefs = ({ text }: Answer) =>
  [...text.matchAll(/href="([^"]+)"/g)].map(([, href = ""]) => href.replaceAll("&amp;", "&"));

/** The rendered path names the issuer by its public address. */
const pathAtTest = ({ config, issuer }: SignIn) =>
  signOutPath(config, HOST).replace(encodeURIComponent(config.issuer), encodeURIComponent(issuer.url));

/** Presses the button by which oidc-provider has somebody confirm that he goes. */
async function confirm(browser: Browser, page: Answer & { address: string }): Promise<Answer> {
  const action = /<form[^>]*action="([^"]+)"/.exec(page.text)?.[1] ?? "";
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
  return browser.ask(new URL(action, page.address).href, { method: "POST", body: { xsrf, logout: "yes" } });
}

async function signOutAtIssuer(browser: Browser, way: string): Promise<void> {
  await confirm(browser, await browser.open(way));
}
