import { UserError } from "../../components/program/errors.ts";
import { KeycloakAdmin } from "../../components/sso/keycloak/client/admin.ts";
import type { KeycloakError } from "../../components/sso/keycloak/client/errors.ts";
import { inSentences } from "../../components/sso/keycloak/client/in-sentences.ts";
import { untrusted } from "../../components/sso/keycloak/client/untrusted.ts";
import type { Place } from "../../components/sso/keycloak/place.ts";

/** A person who may make clients in the realm and give their accounts a role. His password is kept nowhere. */
export interface Administrator {
  /** The realm that he is a user of. */
  realm: string;
  username: string;
  password: string;
}

/**
 * Does a piece of work as an administrator.
 * @throws UserError with what to do where Keycloak does not answer, does not know him, has no such realm, or does not let him
 */
export async function asAdministrator<T>(
  place: Place,
  administrator: Administrator,
  signal: AbortSignal,
  work: (admin: KeycloakAdmin) => Promise<T>,
): Promise<T> {
  return inSentences(
    new KeycloakAdmin(place, administrator, { signal }),
    place.url,
    {
      told: (error) => told(error, place, administrator),
      noKeycloak: (what) => `${what}: correct vision-platform:sso.keycloak.adminUrl, or vision-platform:sso.issuer.`,
    },
    work,
  );
}

/** Undefined: it speaks for itself. */
function told(error: KeycloakError, place: Place, { realm: own, username }: Administrator): UserError | undefined {
  const { url, realm } = place;
  const { status, code, detail } = error;
  const because = (text: string) => new UserError(text, { cause: error });
  const mistrust = untrusted(error, place);
  if (mistrust !== undefined) return because(mistrust);
  if (status === undefined)
    return because(
      `${error.message}. Start Keycloak, or say where its admin API is reached from here: vision-platform:sso.keycloak.adminUrl.`,
    );
  if (code === "invalid_grant")
    return because(
      `Keycloak at ${url} does not let ${username} of realm ${own} in: ${detail}. Check the name, the password, and the realm that he is a user of (--admin-realm).`,
    );
  if (status === 404 && detail === "Realm does not exist")
    return because(`Keycloak at ${url} has no realm ${own}, of which ${username} would be a user: see --admin-realm.`);
  if (status === 404 && /^realm /i.test(detail))
    return because(`Keycloak at ${url} has no realm ${realm}: correct vision-platform:sso.issuer.`);
  if (status === 403)
    return because(
      `${username} may not do this in realm ${realm}: it takes an administrator who may manage its clients and its users, such as one with the role realm-admin.`,
    );
  return undefined;
}
