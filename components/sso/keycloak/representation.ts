import type { Mapper, WantedClient } from "./wanted-client.ts";

/** A client as Keycloak has it. (Keycloak Admin REST API, ClientRepresentation) */
export interface ClientRepresentation {
  id: string;
  clientId: string;
  protocol?: string;
  secret?: string;
  redirectUris?: string[];
  webOrigins?: string[];
  attributes?: Record<string, string>;
  authenticationFlowBindingOverrides?: Record<string, string>;
  protocolMappers?: { name: string; protocolMapper: string; config: Record<string, string> }[];
  defaultClientScopes?: string[];
  optionalClientScopes?: string[];
}

/** A role or a client scope, as lists of Keycloak have it. */
export interface NamedRepresentation {
  id: string;
  name: string;
}

const POST_LOGOUT = "post.logout.redirect.uris";
const BETWEEN = "##";

/** What Keycloak notes of a client by itself, when it was made and when its secret was. */
const ITS_OWN = /^(realm_client|client\.secret\..*)$/;

/**
 * A client in the form in which it is compared.
 * @param settings those that are wanted: a client has more that mean nothing here, such as when its tokens were last revoked
 * @param roles names of its own roles
 */
export function clientIn(
  found: ClientRepresentation,
  settings: WantedClient["settings"],
  roles: readonly string[],
): WantedClient {
  const { [POST_LOGOUT]: postLogout = "", ...attributes } = found.attributes ?? {};
  const said = found as unknown as Readonly<Record<string, boolean | string | undefined>>;
  return {
    clientId: found.clientId,
    // A switch that is off, and an empty text, may not be there at all.
    settings: Object.fromEntries(
      Object.entries(settings).map(([key, wanted]) => [key, said[key] ?? (typeof wanted === "boolean" ? false : "")]),
    ),
    redirectUris: sorted(found.redirectUris),
    webOrigins: sorted(found.webOrigins),
    postLogoutUris: sorted(postLogout.split(BETWEEN).filter(Boolean)),
    attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !ITS_OWN.test(key))),
    flows: found.authenticationFlowBindingOverrides ?? {},
    mappers: Object.fromEntries(
      (found.protocolMappers ?? []).map(({ name, protocolMapper, config }): [string, Mapper] => [
        name,
        { kind: protocolMapper, config },
      ]),
    ),
    defaultScopes: sorted(found.defaultClientScopes),
    optionalScopes: sorted(found.optionalClientScopes),
    roles: sorted(roles),
  };
}

/**
 * What is sent so that a client becomes the wanted one. A PUT keeps what it does not name, so that it names what must go, too: an attribute and
 * a flow of the client's own by an empty text. Mappers are the whole set. (sign-in-parts.md 2)
 * @param now the client as it is. Default: there is none
 */
export function bodyOf(wanted: WantedClient, secret: string, now?: WantedClient): Record<string, unknown> {
  return {
    clientId: wanted.clientId,
    secret,
    ...wanted.settings,
    redirectUris: wanted.redirectUris,
    webOrigins: wanted.webOrigins,
    attributes: {
      ...blank(now?.attributes),
      ...wanted.attributes,
      [POST_LOGOUT]: wanted.postLogoutUris.join(BETWEEN),
    },
    authenticationFlowBindingOverrides: { ...blank(now?.flows), ...wanted.flows },
    protocolMappers: Object.entries(wanted.mappers).map(([name, { kind, config }]) => ({
      name,
      protocol: "openid-connect",
      protocolMapper: kind,
      config,
    })),
  };
}

const blank = (values: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.keys(values).map((key) => [key, ""]));

const sorted = (list: readonly string[] = []) => [...list].sort();
