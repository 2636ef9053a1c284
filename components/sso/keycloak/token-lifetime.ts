import { asServiceAccount } from "./account.ts";
import type { AdminOptions } from "./client/admin.ts";
import type { Connection } from "./connection.ts";
import { named } from "./named.ts";

/** A client may have a life of its own for its tokens, in the place of the realm's. */
const OWN_LIFE = "access.token.lifespan";

/**
 * How long the realm's ID tokens are good, in milliseconds: as long as the one of the service account, which lives as long as the realm says.
 * The realm's own settings Keycloak shows to nobody who has no more than `manage-clients`. (Keycloak 26.7.3, tried: test/sso/keycloak)
 * @returns undefined where the service account's client has a life of its own, so that its token tells nothing
 */
export async function tokenLifetime(connection: Connection, options: AdminOptions): Promise<number | undefined> {
  return asServiceAccount(connection, options, async (admin) => {
    const own = await named(admin, connection.adminClient);
    return (own?.attributes?.[OWN_LIFE] ?? "") === "" ? admin.tokenLifeMs : undefined;
  });
}
