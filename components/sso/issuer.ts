import type { SsoConfig } from "./sso-config.ts";

/** Path of a realm, after whatever Keycloak was given in front. */
const REALM = /\/realms\/[^/]+$/;

/** What the issuer is: as it is said, or as its address looks. */
export function providerOf({ issuer, provider }: Pick<SsoConfig, "issuer" | "provider">): "keycloak" | "oidc" {
  return provider ?? (REALM.test(issuer) ? "keycloak" : "oidc");
}

/** The issuer by the name that pods call it by. Without a slash at the end. */
export function issuerForPods({ issuer, internalIssuer }: Pick<SsoConfig, "issuer" | "internalIssuer">): string {
  const { pathname } = new URL(issuer);
  return (internalIssuer === "" ? issuer : `${internalIssuer}${pathname}`).replace(/\/$/, "");
}

/** Pages of a Keycloak realm. (keycloak.org, securing applications: OIDC endpoints) */
export const KEYCLOAK_PATHS = {
  login: "/protocol/openid-connect/auth",
  token: "/protocol/openid-connect/token",
  keys: "/protocol/openid-connect/certs",
  person: "/protocol/openid-connect/userinfo",
  end: "/protocol/openid-connect/logout",
} as const;

/** Where the issuer ends a session, as pods reach it. Undefined: nobody said, and it is no Keycloak. */
export function endOfSession(sso: SsoConfig): string | undefined {
  if (sso.signOutUrl !== "") return sso.signOutUrl;
  return providerOf(sso) === "keycloak" ? `${issuerForPods(sso)}${KEYCLOAK_PATHS.end}` : undefined;
}
