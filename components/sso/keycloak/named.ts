import type { KeycloakAdmin } from "./client/admin.ts";
import type { ClientRepresentation } from "./representation.ts";

/** The realm's client of this name; undefined where there is none. Keycloak compares the whole name, with its case. (sign-in-parts.md 2) */
export async function named(admin: KeycloakAdmin, clientId: string): Promise<ClientRepresentation | undefined> {
  const [found] = await admin.get<ClientRepresentation[]>("/clients", { clientId });
  return found;
}
