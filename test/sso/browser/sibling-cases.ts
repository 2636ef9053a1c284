import { expect, it } from "vitest";
import { COOKIE, TOKEN_HEADER } from "../../../components/sso/names.ts";
import { until } from "../../../components/rest/until.ts";
import { CVAT, SIBLING, STRANGER, type BrowserLab } from "./lab.ts";
import type { Page } from "./page.ts";
import { asked, signedIn } from "./people.ts";
import type { Came } from "../servers/tap.ts";

/** Changes something, as far as CVAT's module knows. */
const ACTION = "/api/users/self";
const FORMS = ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"];

/** What a page of somebody else does in the browser of who is signed in at CVAT. */
export function siblingCases(lab: () => BrowserLab): void {
  it("CVAT's own page changes something", async () => {
    const { page } = await signedIn(lab(), "anna");
    lab().cvat.came();
    expect((await asked(page, ACTION, { method: "POST" })).status).toBe(200);
    expect(lab().cvat.came()).toMatchObject([{ method: "POST", status: 200, headers: { origin: CVAT } }]);
  });

  it.each(FORMS)("a form of %s from a sibling's page brings the cookie along, and is refused", async (kind) => {
    const page = await visited(lab(), SIBLING);
    for (const target of ["frame", "_top"]) {
      await submit(page, { kind, target });
      const [came] = await arriving(lab());
      expect(came).toMatchObject({ method: "POST", path: ACTION, status: 403, headers: { origin: SIBLING } });
      expect(isSignedIn(came)).toBe(true);
    }
  });

  it("a call by a sibling's script brings it along as well, and is refused", async () => {
    const page = await visited(lab(), SIBLING);
    await page.run(
      `fetch("${CVAT}${ACTION}", { method: "POST", mode: "no-cors", credentials: "include", body: "x" }).then(() => true)`,
    );
    const [came] = await arriving(lab());
    expect(came).toMatchObject({ method: "POST", status: 403, headers: { origin: SIBLING } });
    expect(isSignedIn(came)).toBe(true);
  });

  it.each([
    ["POST", "application/json"],
    ["PATCH", "application/json"],
    ["DELETE", "text/plain"],
  ])("%s with %s, for which a browser asks before, never comes to CVAT from a sibling's page", async (method, kind) => {
    const page = await visited(lab(), SIBLING);
    const init = { method, credentials: "include", headers: { "Content-Type": kind }, body: "{}" };
    expect(await fails(page, init)).toBe(true);
    expect(lab().cvat.came()).toEqual([]);
  });

  it("what CVAT answers to reading, a sibling's page is not shown", async () => {
    const page = await visited(lab(), SIBLING);
    expect(await fails(page, { credentials: "include" })).toBe(true);
    expect(lab().cvat.came()).toMatchObject([{ method: "GET", status: 200 }]);
  });

  it("from a page of another site the cookie does not go along: nothing comes to CVAT", async () => {
    const page = await visited(lab(), STRANGER);
    await submit(page, { kind: "text/plain", target: "frame" });
    await page.run(
      `fetch("${CVAT}${ACTION}", { method: "POST", mode: "no-cors", credentials: "include", body: "x" }).then(() => true)`,
    );
    await page.run("new Promise((go) => setTimeout(go, 1000))");
    expect(lab().cvat.came()).toEqual([]);
  });
}

/** A page of somebody else in the browser of who has just signed in at CVAT. */
async function visited(lab: BrowserLab, address: string): Promise<Page> {
  const { person } = await signedIn(lab, "anna");
  const page = await person.page();
  await page.open(`${address}/`);
  await page.shows("#others");
  lab.cvat.came();
  return page;
}

async function submit(page: Page, { kind, target }: { kind: string; target: string }): Promise<void> {
  if ((await page.address()).startsWith(CVAT)) await page.open(`${SIBLING}/`);
  await page.shows("#others");
  await page.run(`(() => {
    document.body.insertAdjacentHTML("beforeend", '<iframe name="frame"></iframe>'
      + '<form id="form" method="post" action="${CVAT}${ACTION}" enctype="${kind}" target="${target}"><input name="role" value="admin"></form>');
    document.querySelector("#form").submit();
  })()`);
}

/** Whether a call by a page's script is kept from it by the browser. */
const fails = (page: Page, init: object) =>
  page.run<boolean>(`fetch("${CVAT}${ACTION}", ${JSON.stringify(init)}).then(() => false, () => true)`);

/** What comes to CVAT next. */
async function arriving({ cvat }: BrowserLab): Promise<Came[]> {
  const came: Came[] = [];
  const look = () => came.push(...cvat.came());
  await until(look, { isDone: (count) => count > 0, everyMs: 50, withinMs: 20_000 });
  return came;
}

const isSignedIn = (came: Came | undefined) =>
  came?.headers.cookie?.includes(`${COOKIE}=`) === true && came.headers[TOKEN_HEADER.toLowerCase()] !== undefined;
