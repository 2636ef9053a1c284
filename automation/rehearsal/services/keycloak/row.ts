import path from "node:path";
import { placeOf } from "../../../../components/sso/keycloak/place.ts";
import { ensureService, type RehearsalService } from "../service.ts";
import type { KeycloakStandInConfig } from "./main.ts";

/** Opens nothing but the rehearsal's own stand-in. */
const SECRET = "of-the-rehearsals-own-service-account";

/** The realm that a lab keeps its client in. */
export const KEYCLOAK_SERVICE: RehearsalService = {
  name: "keycloak",
  wanted: ({ lab }) => lab.sso?.keycloak !== undefined,
  async start({ home, plan: { lab } }) {
    const { issuer = "", keycloak } = lab.sso ?? {};
    const { realm } = placeOf(issuer);
    const config: KeycloakStandInConfig = { realm, adminClient: keycloak?.adminClient ?? "", adminSecret: SECRET };
    const script = path.join(import.meta.dirname, "main.ts");
    const { url, port } = await ensureService({ name: "keycloak", script, home, config });
    return {
      url,
      port,
      notes: [`Keycloak's admin API of realm ${realm}: a stand-in at ${url}; nobody signs in`],
      values: [{ section: "sso", path: ["keycloak", "adminUrl"], value: url }],
      secrets: [{ at: ["vision-platform:sso", "secrets", "keycloak"], value: SECRET }],
    };
  },
};
