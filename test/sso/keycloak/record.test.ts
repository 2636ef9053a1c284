import { afterAll, beforeAll, describe, expect } from "vitest";
import { makeRealm } from "../../fixtures/keycloak/keycloak.ts";
import { bootstrapCases } from "../../fixtures/keycloak/bootstrap-cases.ts";
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
  afterAll(async () => {
    await keycloak.end();
    // Java too, which its script runs beside itself.
    await expect(fetch(keycloak.url)).rejects.toThrow();
  });

  recordCases(() => keycloak);
  bootstrapCases(() => keycloak);
});
