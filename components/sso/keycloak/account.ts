import { UserError } from "../../program/errors.ts";
import { KeycloakAdmin, type AdminOptions } from "./client/admin.ts";
import type { KeycloakError } from "./client/errors.ts";
import { inSentences } from "./client/in-sentences.ts";
import { untrusted } from "./client/untrusted.ts";
import type { Connection } from "./connection.ts";

const SECTION = "vision-platform:sso";

/** The account was refused, or may not do what the record does. Keycloak itself is well. */
export class AccountRefused extends UserError {}

/**
 * Does a piece of work as the service account that the stack file names.
 * @throws AccountRefused; UserError with the keys that are about it
 */
export async function asServiceAccount<T>(
  connection: Connection,
  options: AdminOptions,
  work: (admin: KeycloakAdmin) => Promise<T>,
): Promise<T> {
  const { realm, adminClient, adminSecret, callMs } = connection;
  const account = { realm, clientId: adminClient, secret: adminSecret };
  return inSentences(
    new KeycloakAdmin(connection, account, { callMs, ...options }),
    connection.url,
    {
      told: (error) => told(error, connection),
      noKeycloak: (what) => `${SECTION}.keycloak.adminUrl: ${what}. Correct it; where it is empty, ${SECTION}.issuer.`,
    },
    work,
  );
}

const MAKE = "`keycloak bootstrap` makes it, and puts its secret into the stack file";

/** What an answer means to who wrote the stack file; undefined for one that speaks for itself. */
function told(error: KeycloakError, connection: Connection): UserError | undefined {
  const { url, realm, adminClient } = connection;
  const { status, code, detail } = error;
  const mistrust = untrusted(error, connection);
  if (mistrust !== undefined) return new UserError(mistrust, { cause: error });
  if (status === undefined)
    return new UserError(
      `${SECTION}.keycloak.adminUrl: Keycloak cannot be asked: ${error.message}. Start it, or say where its admin API is reached from here.`,
      { cause: error },
    );
  if (status === 404 && /^realm /i.test(detail))
    return new UserError(`${SECTION}.issuer: Keycloak at ${url} has no realm ${realm}. Correct the name.`, {
      cause: error,
    });
  if (code === "unauthorized_client" || code === "invalid_client")
    return new AccountRefused(
      `${SECTION}.secrets.keycloak: Keycloak's realm ${realm} does not let its client ${adminClient} in: ${detail}. ${MAKE}.`,
      { cause: error },
    );
  if (status === 403)
    return new AccountRefused(
      `${SECTION}.keycloak.adminClient: the service account of ${adminClient} may not do this in realm ${realm}: it has not the role manage-clients of realm-management. ${MAKE}.`,
      { cause: error },
    );
  return undefined;
}
