import { afterAll, beforeAll, describe } from "vitest";
import { KEYCLOAK } from "../keycloak/obtain.ts";
import { TRAEFIK } from "../traefik/program.ts";
import { startBrowserLab, whyNoBrowserLab, type BrowserLab } from "./lab.ts";
import { siblingCases } from "./sibling-cases.ts";
import { signInCases } from "./sign-in-cases.ts";
import { transferCases } from "./transfer-cases.ts";

const why = await whyNoBrowserLab();

describe.skipIf(why !== undefined)(
  `in Chromium, by Keycloak ${KEYCLOAK} and Traefik ${TRAEFIK}${why === undefined ? "" : `, left out: ${why}`}`,
  () => {
    let lab: BrowserLab;
    beforeAll(async () => {
      lab = await startBrowserLab();
    });
    afterAll(() => lab.end());

    describe("signing in", () => signInCases(() => lab));
    describe("pages of others", () => siblingCases(() => lab));
    describe("what is large or stays", () => transferCases(() => lab));
  },
);
