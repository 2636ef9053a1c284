import { randomBytes, randomUUID } from "node:crypto";

export type Fields = Record<string, unknown>;
export type Texts = Record<string, string>;

export interface Mapper {
  id: string;
  name: string;
  protocol: string;
  protocolMapper: string;
  consentRequired: boolean;
  config: Texts;
}

export interface Role {
  id: string;
  name: string;
  composite: boolean;
  clientRole: true;
  containerId: string;
}

export interface Client {
  id: string;
  clientId: string;
  secret: string | undefined;
  /** Everything else that it says, but what has a field here. */
  settings: Fields;
  redirectUris: string[];
  webOrigins: string[];
  attributes: Texts;
  flows: Texts;
  mappers: Mapper[];
  defaultScopes: string[];
  optionalScopes: string[];
  roles: Role[];
  /** Ids of the roles that its service account has. */
  given: string[];
}

export interface Group {
  id: string;
  name: string;
  path: string;
  /** Ids of the roles that it has. */
  given: string[];
}

export interface Realm {
  name: string;
  settings: Fields;
  clients: Client[];
  scopes: { id: string; name: string }[];
  flows: { id: string; alias: string }[];
  groups: Group[];
}

/** What a realm's clients get unless they say otherwise. (sign-in-parts.md 2) */
export const DEFAULT_SCOPES = ["web-origins", "acr", "roles", "profile", "basic", "email"];
export const OPTIONAL_SCOPES = ["address", "phone", "organization", "offline_access", "microprofile-jwt"];
/** Of a client that speaks SAML. */
export const SAML_SCOPES = ["role_list", "saml_organization"];

export const MANAGEMENT = "realm-management";
export const MANAGE_CLIENTS = "manage-clients";

export const madeSecret = () => randomBytes(64).toString("base64url");

export function roleOf(container: string, name: string): Role {
  return { id: randomUUID(), name, composite: false, clientRole: true, containerId: container };
}

export function newRealm(name: string, settings: Fields): Realm {
  const management = bareClient(MANAGEMENT);
  management.roles = [MANAGE_CLIENTS, "manage-users", "view-users", "view-realm"].map((role) =>
    roleOf(management.id, role),
  );
  return {
    name,
    settings: { accessTokenLifespan: 300, ssoSessionIdleTimeout: 1800, ssoSessionMaxLifespan: 36_000, ...settings },
    clients: [management, ...["account", "broker", "admin-cli", "security-admin-console"].map(bareClient)],
    scopes: [...DEFAULT_SCOPES, ...OPTIONAL_SCOPES, ...SAML_SCOPES].map((scope) => ({ id: randomUUID(), name: scope })),
    flows: ["browser", "direct grant", "registration"].map((alias) => ({ id: randomUUID(), alias })),
    groups: [],
  };
}

function bareClient(clientId: string): Client {
  return {
    id: randomUUID(),
    clientId,
    secret: undefined,
    settings: { enabled: true, protocol: "openid-connect", publicClient: false, bearerOnly: false },
    redirectUris: [],
    webOrigins: [],
    attributes: { realm_client: "true" },
    flows: {},
    mappers: [],
    defaultScopes: [...DEFAULT_SCOPES],
    optionalScopes: [...OPTIONAL_SCOPES],
    roles: [],
    given: [],
  };
}
