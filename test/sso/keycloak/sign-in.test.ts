import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TOKEN_HEADER } from "../../../components/sso/names.ts";
import { signOutPath } from "../../../components/sso/sign-out.ts";
import { Browser } from "../../contract/sso/browser.ts";
import type { Child } from "../../contract/sso/child.ts";
import { hasRedis } from "../../contract/sso/programs.ts";
import { answering, HOST, hostsOf, newSecrets, startProxy, startSessions } from "../../contract/sso/sign-in.ts";
import { configOfSso } from "../../fixtures/inputs/sso.ts";
import { REALM } from "../../fixtures/keycloak/keycloak.ts";
import { KEYCLOAK, whyNoKeycloak } from "./obtain.ts";
import { makePeople } from "./people.ts";
import { startKeycloak, type RealKeycloak } from "./server.ts";

const why = (await whyNoKeycloak()) ?? (hasRedis ? undefined : "there is no redis-server");
const CVAT = `https://${HOST}`;

describe.skipIf(why !== undefined)(
  `signing in by Keycloak ${KEYCLOAK}${why === undefined ? "" : `, left out: ${why}`}`,
  () => {
    let keycloak: RealKeycloak;
    let folder: string;
    let port: number;
    const children: Child[] = [];
    const config = configOfSso({ keycloak: {} });

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "vision-platform-keycloak-"));
      keycloak = await startKeycloak();
      const secrets = newSecrets();
      await makePeople(keycloak, {
        ...{ sso: config, host: HOST, secret: secrets.client, password: "any" },
        people: { anna: ["/annotators"], bert: [] },
      });
      const sessions = await startSessions(path.join(folder, "sessions"), secrets.sessions);
      const args = { config, issuer: keycloak.url, sessions: sessions.port, secrets };
      const proxy = await startProxy(path.join(folder, "proxy"), args);
      children.push(sessions.child, proxy.child);
      port = proxy.port;
      await answering(port, proxy.child);
    }, 600_000);
    afterAll(async () => {
      await Promise.all(children.map((child) => child.stop()));
      await keycloak.end();
      await rm(folder, { recursive: true });
    });

    const browser = () => new Browser(hostsOf(port, keycloak.url));

    it("hands over an ID token with the person's groups", async () => {
      const anna = browser();
      const { status, address, headers } = await anna.open(`${CVAT}/tasks`, "anna");
      expect([status, address]).toEqual([202, `${CVAT}/tasks`]);
      const claims = JSON.parse(
        Buffer.from((headers.get(TOKEN_HEADER) ?? "").split(".")[1] ?? "", "base64url").toString(),
      ) as object;
      expect(claims).toMatchObject({
        ...{ iss: `${keycloak.url}/realms/${REALM}`, aud: "cvat", azp: "cvat", typ: "ID" },
        ...{ preferred_username: "anna", groups: ["/annotators"] },
      });
    });

    it("ends Keycloak's session as well, without a word of the browser's to it", async () => {
      const anna = browser();
      await anna.open(CVAT, "anna");
      // Signed in at Keycloak: without its session the form would come.
      const out = await anna.ask(`${CVAT}${signOutPath(config, HOST)}`);
      expect([out.status, out.headers.get("location")]).toEqual([302, "/"]);
      expect((await anna.open(CVAT)).text).toContain("kc-form-login");
    });

    it("shows who is in no allowed group where his session ends", async () => {
      const bert = browser();
      const page = await bert.open(CVAT, "bert");
      expect(page.status).toBe(403);
      const way = /href="([^"]+)">Sign in as/.exec(page.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
      const asked = await bert.open(way);
      expect([asked.status, asked.text.includes("kc-logout")]).toEqual([200, true]);
    });
  },
);
