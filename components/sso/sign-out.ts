import { endOfSession, endOfSessionInBrowser } from "./issuer.ts";
import { PROXY_PREFIX } from "./names.ts";
import type { SsoConfig } from "./sso-config.ts";

const PAGE = `${PROXY_PREFIX}/sign_out`;

/** Hosts that the proxy may lead a browser to: CVAT's own, and the issuer's where that ends the session. */
export function trustedHosts(sso: SsoConfig, host: string): string[] {
  const end = endOfSession(sso);
  return end?.by === "browser" ? [host, new URL(end.url).host] : [host];
}

/**
 * Path at CVAT's host by which somebody signs out of CVAT, the proxy and, where that is known, the issuer. The proxy puts the ID token in the
 * place of `{id_token}`. (OpenID Connect RP-Initiated Logout 1.0; sign-in-parts.md 3)
 */
export function signOutPath(sso: SsoConfig, host: string): string {
  const end = endOfSession(sso);
  if (end?.by !== "browser") return `${PAGE}?rd=%2F`;
  const back = encodeURIComponent(`https://${host}/`);
  // The client's name beside it: an issuer that takes no expired token asks the person then.
  const query = `id_token_hint={id_token}&client_id=${encodeURIComponent(sso.client.id)}&post_logout_redirect_uri=${back}`;
  return `${PAGE}?rd=${encodeURIComponent(`${end.url}?${query}`)}`;
}

/**
 * Where somebody goes who signed in and may not stay. He has no session of the proxy's, and so no token: the issuer asks him whether to end
 * his own, or, where it is not known how, who he is.
 */
export function wayOut(sso: SsoConfig, host: string): string {
  const end = endOfSessionInBrowser(sso);
  if (end === undefined) return `${PROXY_PREFIX}/start?rd=%2F&prompt=login`;
  const query = new URLSearchParams({ client_id: sso.client.id, post_logout_redirect_uri: `https://${host}/` });
  return `${end}?${query.toString()}`;
}
