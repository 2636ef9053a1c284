import type { EdgePlan } from "../../edge/route.ts";
import { COOKIE, PROXY_PORT, PROXY_PREFIX, SESSIONS_PORT, SSO_OBJECTS, TOKEN_HEADER } from "../names.ts";
import { endOfSession, issuerForPods, KEYCLOAK_PATHS } from "../issuer.ts";
import { SECRET_KEYS } from "../secret-keys.ts";
import type { SsoConfig } from "../sso-config.ts";
import { trustedHosts } from "../sign-out.ts";
import { upstreamsOf, WHO_MAY_PASS } from "./upstreams.ts";

/** Where the pod has its configuration with its page, and its secrets. */
export const CONFIGURATION_FOLDER = "/etc/vision-platform/sign-in";
export const SECRETS_FOLDER = "/etc/vision-platform/secrets";

/** Keys of the ConfigMap, and names of the files: what the alpha configuration has, and what only the other one does. */
export const ALPHA_FILE = "alpha.yaml";
export const CORE_FILE = "core.toml";
export const AUTHORITY_FILE = "issuer-ca.crt";

/** A person who begins to sign in and goes away leaves a cookie for each try: so many, and so long. */
const TRIES = { atOnce: 5, keptFor: "5m" } as const;

const token = { name: TOKEN_HEADER, preserveRequestValue: false, values: [{ claimSource: { claim: "id_token" } }] };

/**
 * The proxy's structured configuration. (oauth2-proxy 7.15.6: docs/configuration/alpha_config.md)
 *
 * @param passedOn what it passes on itself. Default: nothing, it answers whether somebody may pass
 *
 * JSON is YAML. The program puts variables of its environment in the place of `$NAME` before it reads the file, so that no `$` may stand in it.
 */
export function alphaConfiguration(sso: SsoConfig, passedOn?: EdgePlan): string {
  const configuration = {
    upstreamConfig: { upstreams: passedOn ? upstreamsOf(passedOn) : WHO_MAY_PASS },
    injectRequestHeaders: [token],
    // By which the edge is told. In the path it would go to the browser, which is to have no token.
    injectResponseHeaders: passedOn ? [] : [token],
    server: { bindAddress: `0.0.0.0:${PROXY_PORT}` },
    providers: [provider(sso)],
  };
  return `${JSON.stringify(configuration, null, 2).replaceAll("$", "\\u0024")}\n`;
}

function provider(sso: SsoConfig) {
  const { client, scopes, allowedGroups, groupsClaim, issuer } = sso;
  return {
    id: "issuer",
    provider: "oidc",
    clientID: client.id,
    clientSecretFile: `${SECRETS_FOLDER}/${SECRET_KEYS.client}`,
    code_challenge_method: "S256",
    scope: scopes.join(" "),
    allowedGroups,
    // CVAT reads the ID token alone: who is let in by what only the issuer's page about him says would be nobody there.
    skipClaimsFromProfileURL: true,
    // Who was let in and may not stay can sign in as somebody else.
    loginURLParameters: [{ name: "prompt", allow: [{ value: "login" }, { value: "select_account" }] }],
    backendLogoutURL: backendLogout(sso),
    ...(sso.issuerCa !== undefined && {
      caFiles: [`${CONFIGURATION_FOLDER}/${AUTHORITY_FILE}`],
      // The issuer may move to a public one before this is taken out.
      useSystemTrustStore: true,
    }),
    oidcConfig: {
      issuerURL: issuer,
      insecureSkipNonce: false,
      groupsClaim,
      // Who somebody is, his subject tells; with an address of mail, one that is not verified or not there would keep him out.
      emailClaim: "sub",
      ...(sso.internalIssuer !== "" && { skipDiscovery: true, jwksURL: `${issuerForPods(sso)}${KEYCLOAK_PATHS.keys}` }),
    },
    ...(sso.internalIssuer !== "" && {
      loginURL: `${issuer}${KEYCLOAK_PATHS.login}`,
      redeemURL: `${issuerForPods(sso)}${KEYCLOAK_PATHS.token}`,
    }),
  };
}

/** Called by the proxy itself: Keycloak ends the session that an ID token is of. Others want the person's browser. (sign-out.ts) */
function backendLogout(sso: SsoConfig): string {
  const end = endOfSession(sso);
  return end?.by === "proxy" ? `${end.url}?id_token_hint={id_token}` : "";
}

/** What the structured configuration does not have. (oauth2-proxy 7.15.6: docs/configuration/overview.md) */
export function coreConfiguration(sso: SsoConfig, host: string): string {
  const { proxy, refresh, sessionLifetime } = sso;
  const keys: Record<string, string | number | boolean | readonly string[]> = {
    proxy_prefix: PROXY_PREFIX,
    redirect_url: `https://${host}${PROXY_PREFIX}/callback`,
    whitelist_domains: trustedHosts(sso, host),
    email_domains: ["*"],
    api_routes: ["^/api/"],
    skip_provider_button: true,
    custom_templates_dir: CONFIGURATION_FOLDER,

    reverse_proxy: true,
    trusted_proxy_ips: proxy.trustedProxies,

    cookie_name: COOKIE,
    cookie_secret_file: `${SECRETS_FOLDER}/${SECRET_KEYS.cookie}`,
    cookie_secure: true,
    cookie_httponly: true,
    cookie_path: "/",
    cookie_samesite: "lax",
    cookie_expire: sessionLifetime,
    cookie_refresh: refresh,
    cookie_csrf_per_request: true,
    cookie_csrf_per_request_limit: TRIES.atOnce,
    cookie_csrf_expire: TRIES.keptFor,

    session_store_type: "redis",
    redis_connection_url: `redis://${SSO_OBJECTS.sessions}:${SESSIONS_PORT}`,

    // A callback's address has the code in it.
    request_logging: false,
    silence_ping_logging: true,
  };
  // Texts, numbers and lists of JSON are those of TOML.
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `${lines.join("\n")}\n`;
}
