import { isRealm } from "./keycloak/place.ts";
import type { SsoConfig } from "./sso-config.ts";

/** What the issuer is: as it is said, or as its address looks. */
export function providerOf({ issuer, provider }: Pick<SsoConfig, "issuer" | "provider">): "keycloak" | "oidc" {
  return provider ?? (isRealm(issuer) ? "keycloak" : "oidc");
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
  end: "/protocol/openid-connect/logout",
} as const;

/** How the issuer ends somebody's session. */
export interface EndOfSession {
  url: string;
  /** Who asks it: Keycloak takes the ID token from anybody, others know the session by the browser's cookie. */
  by: "proxy" | "browser";
}

/** Undefined: nobody said how, and it is no Keycloak. */
export function endOfSession(sso: SsoConfig): EndOfSession | undefined {
  if (sso.signOutUrl !== "") return { url: sso.signOutUrl, by: "browser" };
  return providerOf(sso) === "keycloak"
    ? { url: `${issuerForPods(sso)}${KEYCLOAK_PATHS.end}`, by: "proxy" }
    : undefined;
}

/** The same for a browser, whoever asks otherwise. */
export function endOfSessionInBrowser(sso: SsoConfig): string | undefined {
  if (sso.signOutUrl !== "") return sso.signOutUrl;
  return providerOf(sso) === "keycloak" ? `${sso.issuer}${KEYCLOAK_PATHS.end}` : undefined;
}
