import { afterAll, beforeAll } from "vitest";
import { startStandIn, type StandIn } from "../fixtures/keycloak/stand-in.ts";
import { recordCases } from "../fixtures/keycloak/record-cases.ts";

let keycloak: StandIn;
beforeAll(async () => {
  keycloak = await startStandIn();
});
afterAll(() => keycloak.end());

recordCases(() => keycloak);
