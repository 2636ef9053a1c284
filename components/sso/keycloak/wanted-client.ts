import { BACKCHANNEL_PATH, PROXY_PREFIX } from "../names.ts";
import type { SsoConfig } from "../sso-config.ts";
import type { KeycloakConfig } from "./keycloak-config.ts";

/** What puts a claim into a token. */
export interface Mapper {
  /** Keycloak's name of the kind: `oidc-audience-mapper`. */
  kind: string;
  config: Readonly<Record<string, string>>;
}

/** A client of a realm, all of it but its secret: what is not said here is not there. Lists are sets, and sorted. */
export interface WantedClient {
  clientId: string;
  /** Switches and texts by Keycloak's own names. */
  settings: Readonly<Record<string, boolean | string>>;
  redirectUris: readonly string[];
  webOrigins: readonly string[];
  postLogoutUris: readonly string[];
  attributes: Readonly<Record<string, string>>;
  /** Ways to sign in that stand in the place of the realm's own, by what they are for. */
  flows: Readonly<Record<string, string>>;
  /** By name. */
  mappers: Readonly<Record<string, Mapper>>;
  defaultScopes: readonly string[];
  optionalScopes: readonly string[];
  /** Names of the client's own roles. */
  roles: readonly string[];
}

/** The scope that has `sub` since Keycloak 25, when it was taken out of the token that is always there. (keycloak.org: upgrading, 25.0.0) */
const BASIC = "basic";

/**
 * Sign-in's client: the code flow with PKCE S256 and nothing else, addresses of CVAT's one host, its own audience, groups in the ID token.
 * @param host by which people come to CVAT
 */
export function wantedClient(sso: SsoConfig, { groupsFrom }: KeycloakConfig, host: string): WantedClient {
  const origin = `https://${host}`;
  const { id } = sso.client;
  return {
    clientId: id,
    settings: {
      name: "CVAT",
      description: "Sign-in to CVAT. Kept by vision-platform: what is changed here by hand is put back.",
      enabled: true,
      protocol: "openid-connect",
      publicClient: false,
      bearerOnly: false,
      clientAuthenticatorType: "client-secret",
      standardFlowEnabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: false,
      authorizationServicesEnabled: false,
      consentRequired: false,
      fullScopeAllowed: false,
      frontchannelLogout: false,
      surrogateAuthRequired: false,
      alwaysDisplayInConsole: false,
      // Keycloak puts it before addresses without a host, of which there are none.
      rootUrl: "",
      adminUrl: "",
      baseUrl: `${origin}/`,
    },
    redirectUris: [`${origin}${PROXY_PREFIX}/callback`],
    webOrigins: [origin],
    postLogoutUris: [`${origin}/`],
    attributes: {
      "pkce.code.challenge.method": "S256",
      "backchannel.logout.session.required": "true",
      "backchannel.logout.revoke.offline.tokens": "false",
      ...(sso.backchannelLogout && { "backchannel.logout.url": `${origin}${BACKCHANNEL_PATH}` }),
    },
    flows: {},
    mappers: {
      audience: {
        kind: "oidc-audience-mapper",
        config: { "included.client.audience": id, ...into("access", "introspection") },
      },
      groups: groupsFrom === "roles" ? groupsByRoles(id, sso.groupsClaim) : groupsByMembership(sso.groupsClaim),
    },
    defaultScopes: sorted([BASIC, ...sso.scopes.filter((scope) => scope !== "openid")]),
    optionalScopes: [],
    roles: groupsFrom === "roles" ? sorted([...sso.allowedGroups, ...Object.keys(sso.groups)]) : [],
  };
}

const groupsByMembership = (claim: string): Mapper => ({
  kind: "oidc-group-membership-mapper",
  config: { "claim.name": claim, "full.path": "true", ...into("id") },
});

/** A role has its group's path for a name, so that a token looks the same. */
const groupsByRoles = (clientId: string, claim: string): Mapper => ({
  kind: "oidc-usermodel-client-role-mapper",
  config: {
    "usermodel.clientRoleMapping.clientId": clientId,
    "claim.name": claim,
    "jsonType.label": "String",
    multivalued: "true",
    ...into("id"),
  },
});

const ANSWERS = {
  id: "id.token.claim",
  access: "access.token.claim",
  userinfo: "userinfo.token.claim",
  introspection: "introspection.token.claim",
  lightweight: "lightweight.claim",
} as const;

/** Where a claim goes, and that it goes nowhere else: what is left unsaid Keycloak decides by what else is said. (sign-in-parts.md 2) */
function into(...answers: (keyof typeof ANSWERS)[]): Record<string, string> {
  const all = Object.keys(ANSWERS) as (keyof typeof ANSWERS)[];
  return Object.fromEntries(all.map((answer) => [ANSWERS[answer], String(answers.includes(answer))]));
}

const sorted = (names: readonly string[]) => [...new Set(names)].sort();
