import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { COOKIE, TOKEN_HEADER } from "../../../components/sso/names.ts";
import { HOST } from "../../fixtures/edge/lab.ts";
import { call } from "../../fixtures/edge/raw-call.ts";
import { done, REALM } from "../../fixtures/keycloak/keycloak.ts";
import { CVAT, ISSUER_HOST, personNamed, type BrowserLab } from "./lab.ts";
import { asked, signedIn, signIn } from "./people.ts";
import type { Came } from "../servers/tap.ts";

/** Who somebody is, as CVAT's pages ask. */
const SELF = "/api/users/self";

/** Coming in, staying and going out, as a person does it. */
export function signInCases(lab: () => BrowserLab): void {
  it("leads to Keycloak and back to the page that was asked for, with what follows it", async () => {
    const page = await (await lab().chromium.person()).page();
    await page.open(`${CVAT}/tasks/7?page=2&sort=name%20up#first`);
    await page.shows("#kc-login");
    expect(new URL(await page.address()).host).toBe(ISSUER_HOST);
    await signIn(page, "anna");
    await page.shows("#cvat");
    expect([await page.address(), page.status]).toEqual([`${CVAT}/tasks/7?page=2&sort=name%20up`, 200]);
    const { status, body } = await asked(page, SELF);
    expect([status, body]).toMatchObject([
      200,
      { username: "anna", superuser: false, groups: ["worker"], organizations: { lab: "worker" } },
    ]);
  });

  it("leaves one cookie, for CVAT's host alone, that no script sees; Django makes none", async () => {
    const { person, page } = await signedIn(lab(), "anna");
    const own = (await person.cookies()).filter(({ domain }) => domain.endsWith(HOST));
    expect(own.map(({ name }) => name)).toEqual([COOKIE]);
    // Without a dot before it: for no host below.
    expect(own[0]).toMatchObject({ domain: HOST, path: "/", secure: true, httpOnly: true, sameSite: "Lax" });
    expect(await page.run("document.cookie")).toBe("");
  });

  it("shows who is in no allowed group a page with a way out, by which somebody else comes in", async () => {
    const page = await (await lab().chromium.person()).page();
    await page.open(`${CVAT}/tasks`);
    await signIn(page, "bert");
    await page.shows("a[href*='/logout?']");
    expect(page.status).toBe(403);
    expect(await page.text()).toContain("Sign in as somebody else");
    // In circles without it: Keycloak knows him still.
    await page.open(CVAT);
    await page.shows("a[href*='/logout?']");
    await page.press("a[href*='/logout?']");
    await page.shows("#kc-logout");
    await page.press("#kc-logout");
    await signIn(page, "anna");
    await page.shows("#cvat");
    expect(await asked(page, SELF)).toMatchObject({ status: 200, body: { username: "anna" } });
    expect(
      lab()
        .cvat.came()
        .filter(({ headers }) => tokenOf(headers).preferred_username === "bert"),
    ).toEqual([]);
  });

  it("goes on for as long as somebody works, with new tokens, however many calls there are at once", async () => {
    const { page } = await signedIn(lab(), "anna");
    lab().cvat.came();
    for (let turn = 0; turn < 3; turn += 1) {
      const statuses = await page.run<number[]>(
        `Promise.all(Array.from({ length: 24 }, () => fetch("${SELF}").then(({ status }) => status)))`,
      );
      expect(statuses).toEqual(Array.from({ length: 24 }, () => 200));
      await sleep(REFRESHED_MS);
    }
    const made = new Set(
      lab()
        .cvat.came()
        .map(({ headers }) => tokenOf(headers).iat),
    );
    expect(made.size).toBeGreaterThanOrEqual(3);
  });

  it("signs two pages in that began at the same time, each to where it was going", async () => {
    const person = await lab().chromium.person();
    const [first, second] = [await person.page(), await person.page()];
    await Promise.all([first.open(`${CVAT}/tasks/1`), second.open(`${CVAT}/tasks/2`)]);
    await Promise.all([first.shows("#kc-login"), second.shows("#kc-login")]);
    // The first of them loads itself anew, to be the same sign-in as the other.
    await sleep(LOOKED_MS);
    await signIn(first, "anna");
    await first.shows("#cvat");
    // By itself: it looks every two seconds whether she has come in.
    await second.shows("#cvat");
    expect([await first.address(), await second.address()]).toEqual([`${CVAT}/tasks/1`, `${CVAT}/tasks/2`]);
  });

  it("by CVAT's button ends CVAT's, the proxy's and Keycloak's: neither token nor cookie opens anything more", async () => {
    const { person, page } = await signedIn(lab(), "anna");
    lab().cvat.came();
    await asked(page, SELF);
    const token = tokenIn(lab().cvat.came().at(-1)?.headers ?? {});
    const cookie = (await person.cookies()).find(({ name }) => name === COOKIE);
    expect(await byHeader(lab(), token)).toBe(200);
    const { sid } = claimsOf(token);
    expect(await sessionsOf(lab(), "anna")).toContain(sid);
    // As CVAT's pages do it, which follow. (cvat-core: server-proxy.ts, logout)
    const out = await asked(page, "/api/auth/logout", { method: "POST" });
    expect(out).toMatchObject({ status: 200, body: { detail: "Successfully logged out." }, redirected: true });
    expect(await byHeader(lab(), token)).toBe(401);
    expect(await sessionsOf(lab(), "anna")).not.toContain(sid);
    expect(await person.cookies()).not.toContainEqual(expect.objectContaining({ name: COOKIE }));
    expect((await asked(page, SELF)).status).toBe(401);
    await person.take(cookie ?? expect.fail("she had a cookie"));
    expect((await asked(page, SELF)).status).toBe(401);
    await page.open(`${CVAT}/tasks`);
    // Keycloak asks again: its session has ended.
    await page.shows("#kc-login");
  });

  it("at Keycloak's end of a session leads a page to the login and back, and tells a call 401 in JSON", async () => {
    const { page } = await signedIn(lab(), "carla", "/projects/3?tab=members");
    await lab().endAtIssuer("carla");
    // Until the next refresh.
    await sleep(REFRESHED_MS);
    for (const accept of ["application/json", "application/vnd.cvat+json", "*/*"])
      expect(await asked(page, SELF, { headers: { Accept: accept } })).toEqual({
        status: 401,
        body: {},
        redirected: false,
        address: `${CVAT}${SELF}`,
      });
    await page.run("void location.reload()");
    await signIn(page, "carla");
    await page.shows("#cvat");
    expect(await page.address()).toBe(`${CVAT}/projects/3?tab=members`);
  });

  it("signs in again without a word who is known at Keycloak still, when the proxy has forgotten everybody", async () => {
    const { page } = await signedIn(lab(), "carla");
    await lab().forgetSessions();
    expect((await asked(page, SELF)).status).toBe(401);
    await page.open(`${CVAT}/jobs/9`);
    await page.shows("#cvat");
    expect([await page.address(), (await asked(page, SELF)).status]).toEqual([`${CVAT}/jobs/9`, 200]);
  });

  it("ends with the group: a page says so and a call is refused, at the next refresh", async () => {
    const { page } = await signedIn(lab(), "dora");
    const at = `/${REALM}/users/${(await personNamed(lab().keycloak, "dora")).id}/groups`;
    for (const { id } of await done<{ id: string }[]>(lab().keycloak, "GET", at))
      await done(lab().keycloak, "DELETE", `${at}/${id}`);
    await sleep(REFRESHED_MS);
    lab().cvat.came();
    expect((await asked(page, SELF)).status).toBe(403);
    await page.open(`${CVAT}/tasks`);
    await page.shows("a[href*='/logout?']");
    expect(page.status).toBe(403);
    expect(lab().cvat.came()).toEqual([]);
  });
}

/** Longer than until the proxy asks Keycloak anew. */
const REFRESHED_MS = 2500;
/** Longer than until Keycloak's page has looked whether another began meanwhile: a second after it was loaded. (its authChecker.js) */
const LOOKED_MS = 3000;

interface Claims {
  iat?: number;
  sid?: string;
  preferred_username?: string;
}

const tokenIn = (headers: Came["headers"]) => String(headers[TOKEN_HEADER.toLowerCase()] ?? "");

const tokenOf = (headers: Came["headers"]) => claimsOf(tokenIn(headers));

function claimsOf(token: string): Claims {
  const [, body = ""] = token.split(".");
  return body === "" ? {} : (JSON.parse(Buffer.from(body, "base64url").toString()) as Claims);
}

/** Sessions of somebody at Keycloak. */
async function sessionsOf({ keycloak }: BrowserLab, username: string): Promise<string[]> {
  const { id } = await personNamed(keycloak, username);
  const found = await done<{ id: string }[]>(keycloak, "GET", `/${REALM}/users/${id}/sessions`);
  return found.map((session) => session.id);
}

/** What CVAT itself answers to a token, past the edge. */
async function byHeader({ cvat }: BrowserLab, token: string): Promise<number> {
  const lines = [`GET ${SELF} HTTP/1.1`, `Host: ${HOST}`, `${TOKEN_HEADER}: ${token}`];
  return (await call({ port: cvat.port, lines })).status;
}
