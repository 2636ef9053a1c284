import { expect, it } from "vitest";
import { HOST } from "../../fixtures/edge/lab.ts";
import { CVAT, SIBLING, type BrowserLab } from "./lab.ts";
import type { Page } from "./page.ts";
import { asked, signedIn } from "./people.ts";
import { LIVE } from "../servers/echo.ts";

const MIB = 2 ** 20;
const UPLOAD_MIB = 200;
/** Parts that CVAT's pages send a file in are of 100 MiB unless its settings say otherwise. (cvat-core: config.ts, uploadChunkSize) */
const PART_MIB = 100;
const FILE = "/api/tasks/1/data";
const PART = `${FILE}/1_12345678-1234-1234-1234-123456789abc`;
/** Far below what is sent: Traefik passes on as it comes, and took 0.4 MiB more. */
const ROOM = 32 * MIB;

/** What takes long or much: uploads, and a connection that stays. */
export function transferCases(lab: () => BrowserLab): void {
  it(`${UPLOAD_MIB} MiB arrive whole, in one call and in parts, and Traefik keeps none of it`, async () => {
    const { page } = await signedIn(lab(), "anna");
    const before = lab().edge.memory();
    for (const [method, path, mib] of [
      ["POST", FILE, UPLOAD_MIB],
      ["PATCH", PART, PART_MIB],
      ["PATCH", PART, PART_MIB],
    ] as const) {
      const { sent, got } = await uploaded(page, { method, path, mib });
      expect(got).toEqual({ username: "anna", bytes: mib * MIB, sha256: sent });
    }
    const grown = lab().edge.memory() - before;
    expect(grown).toBeLessThan(ROOM);
  });

  it("a WebSocket is a call like another: it stays open for who may see analytics", async () => {
    const { page } = await signedIn(lab(), "emma");
    expect(await live(page)).toBe("opened, HELLO, HELLO AGAIN");
  });

  it("nobody else has one", async () => {
    const { page } = await signedIn(lab(), "anna");
    // She is signed in, and CVAT says that she may not.
    expect(await live(page)).toBe("refused");
    const person = await lab().chromium.person();
    const stranger = await person.page();
    await stranger.open(`${SIBLING}/`);
    await stranger.shows("#others");
    expect(await live(stranger)).toBe("refused");
  });

  it("style, Django's own pages and queues ask for a session, and have it", async () => {
    const { page } = await signedIn(lab(), "emma");
    const { status, address } = await asked(page, "/admin/");
    // Django's own login behind the session: its pages know nobody who signed in by the issuer.
    expect([status, address]).toEqual([200, `${CVAT}/admin/login/?next=/admin/`]);
  });
}

/** Sends random bytes by a page's script. */
function uploaded(
  page: Page,
  { method, path, mib }: { method: string; path: string; mib: number },
): Promise<{ sent: string; got: unknown }> {
  return page.run(`(async () => {
    const bytes = new Uint8Array(${mib * MIB});
    for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const sent = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const headers = { "Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0", "Upload-Offset": "0" };
    const answer = await fetch("${path}", { method: "${method}", headers, body: new Blob([bytes]) });
    return { sent, got: answer.ok ? await answer.json() : answer.status };
  })()`);
}

/** Opens a connection that stays, and says two things with a pause between. */
function live(page: Page): Promise<string> {
  return page.run(`new Promise((resolve) => {
    const heard = [];
    const socket = new WebSocket("wss://${HOST}${LIVE}");
    socket.onerror = () => resolve("refused");
    socket.onopen = () => { heard.push("opened"); socket.send("hello"); };
    socket.onmessage = ({ data }) => {
      heard.push(data);
      if (heard.length === 3) { socket.close(); resolve(heard.join(", ")); }
      else setTimeout(() => socket.send("hello again"), 3000);
    };
  })`);
}
