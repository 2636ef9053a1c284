import type { Person } from "./chromium.ts";
import { CVAT, PASSWORD, type BrowserLab } from "./lab.ts";
import type { Page } from "./page.ts";

/** Fills in Keycloak's form, once it is there. */
export async function signIn(page: Page, username: string): Promise<void> {
  await page.shows("#kc-login");
  await page.fill("#username", username);
  await page.fill("#password", PASSWORD);
  await page.press("#kc-login");
}

/** Somebody who has come to a page of CVAT's by signing in. */
export async function signedIn(
  { chromium }: BrowserLab,
  username: string,
  path = "/",
): Promise<{ person: Person; page: Page }> {
  const person = await chromium.person();
  const page = await person.page();
  await page.open(`${CVAT}${path}`);
  await signIn(page, username);
  await page.shows("#cvat");
  return { person, page };
}

export interface Answered {
  status: number;
  /** As JSON, or else as text. */
  body: unknown;
  redirected: boolean;
  address: string;
}

/** What a call by a page's script comes to, which may follow where it is led. */
export function asked(page: Page, path: string, init: RequestInit = {}): Promise<Answered> {
  return page.run(`fetch(${JSON.stringify(path)}, ${JSON.stringify(init)}).then(async (answer) => {
    const text = await answer.text();
    let body = text;
    try { body = JSON.parse(text); } catch {}
    return { status: answer.status, body, redirected: answer.redirected, address: answer.url };
  })`);
}
