import { untrustedBy } from "../../../rest/no-answer.ts";
import type { Place } from "../place.ts";
import type { KeycloakError } from "./errors.ts";

const KEY = "vision-platform:sso.issuerCa";

/** What to do where nobody known here vouches for Keycloak's certificate, which is where every call ends; else undefined. */
export function untrusted({ cause }: KeycloakError, { url, ca }: Place): string | undefined {
  const code = untrustedBy(cause);
  if (code === undefined) return undefined;
  return ca === undefined
    ? `${KEY}: the certificate of Keycloak at ${url} is of no public authority (${code}). Give the certificate of its own, as PEM.`
    : `${KEY}: the certificate of Keycloak at ${url} is neither of this authority nor of a public one (${code}). Give the one that signed it.`;
}
