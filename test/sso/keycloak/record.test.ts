import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRealm } from "../../fixtures/keycloak/keycloak.ts";
import { recordCases } from "../../fixtures/keycloak/record-cases.ts";
import { KEYCLOAK, whyNoKeycloak } from "./obtain.ts";
import { startKeycloak, type RealKeycloak } from "./server.ts";

const why = await whyNoKeycloak();

describe.skipIf(why !== undefined)(`on Keycloak ${KEYCLOAK}${why === undefined ? "" : `, left out: ${why}`}`, () => {
  let keycloak: RealKeycloak;
  beforeAll(async () => {
    keycloak = await startKeycloak();
    await makeRealm(keycloak);
  });
  afterAll(() => keycloak.end());

  recordCases(() => keycloak);
});
