import { randomUUID } from "node:crypto";
import { isMap, mapsIn } from "../../../../components/program/maps.ts";
import {
  DEFAULT_SCOPES,
  madeSecret,
  OPTIONAL_SCOPES,
  roleOf,
  SAML_SCOPES,
  type Client,
  type Fields,
  type Mapper,
  type Realm,
  type Texts,
} from "./model.ts";
import { notFound, Refusal } from "./refusal.ts";

/** Switches and texts of a client, and what each is where nobody says. (sign-in-parts.md 2) */
const DEFAULTS: Fields = {
  surrogateAuthRequired: false,
  enabled: true,
  alwaysDisplayInConsole: false,
  clientAuthenticatorType: "client-secret",
  notBefore: 0,
  bearerOnly: false,
  consentRequired: false,
  standardFlowEnabled: true,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
  serviceAccountsEnabled: false,
  publicClient: false,
  frontchannelLogout: false,
  protocol: "openid-connect",
  fullScopeAllowed: true,
  nodeReRegistrationTimeout: -1,
};

/** Fields that have no default: they are there when somebody said them. */
const OTHERS = ["name", "description", "rootUrl", "adminUrl", "baseUrl", "authorizationServicesEnabled"];
const OF_THEIR_OWN = [
  "id",
  "clientId",
  "secret",
  "redirectUris",
  "webOrigins",
  "attributes",
  "authenticationFlowBindingOverrides",
  "protocolMappers",
  "defaultClientScopes",
  "optionalClientScopes",
  "access",
];
const KNOWN = new Set([...Object.keys(DEFAULTS), ...OTHERS, ...OF_THEIR_OWN]);
const MADE_AT = "client.secret.creation.time";

export function createClient(realm: Realm, body: Fields): Client {
  refuseUnknown(body);
  const clientId = String(body["clientId"]);
  if (realm.clients.some((one) => one.clientId === clientId))
    throw new Refusal(409, { errorMessage: `Client ${clientId} already exists` });
  const protocol = body["protocol"] ?? DEFAULTS["protocol"];
  const client: Client = {
    id: typeof body["id"] === "string" ? body["id"] : randomUUID(),
    clientId,
    secret: undefined,
    settings: { ...DEFAULTS },
    redirectUris: [],
    webOrigins: [],
    attributes: { realm_client: "false" },
    flows: {},
    mappers: [],
    ...scopesBy(protocol),
    roles: [],
    given: [],
  };
  merge(realm, client, { ...body, protocol: undefined });
  client.settings["protocol"] = protocol;
  // Only now, and only from what is said now.
  if (typeof body["rootUrl"] === "string" && body["rootUrl"] !== "" && body["adminUrl"] === undefined)
    client.settings["adminUrl"] = body["rootUrl"];
  for (const [key, list] of [
    ["defaultClientScopes", "defaultScopes"],
    ["optionalClientScopes", "optionalScopes"],
  ] as const) {
    const given = body[key];
    // One that the realm has not is left out without a word.
    if (Array.isArray(given))
      client[list] = given.map(String).filter((name) => realm.scopes.some((one) => one.name === name));
  }
  if (client.secret === undefined && client.settings["publicClient"] !== true) makeSecret(client);
  for (const mapper of client.mappers)
    if (mapper.protocolMapper === "oidc-audience-mapper") mapper.config["userinfo.token.claim"] ??= "false";
  realm.clients.push(client);
  return client;
}

/** A PUT: what it does not name stays. Scopes are not looked at. */
export function updateClient(realm: Realm, client: Client, body: Fields): void {
  refuseUnknown(body);
  const { clientId } = body;
  if (typeof clientId === "string" && clientId !== client.clientId) {
    if (realm.clients.some((one) => one.clientId === clientId))
      throw new Refusal(409, { error: "conflict", error_description: "Duplicate resource error" });
    client.clientId = clientId;
  }
  const was = client.settings["protocol"];
  merge(realm, client, body);
  if (client.settings["protocol"] !== was) Object.assign(client, scopesBy(client.settings["protocol"]));
}

export function makeSecret(client: Client): string {
  client.secret = madeSecret();
  client.attributes[MADE_AT] = String(Math.floor(Date.now() / 1000));
  return client.secret;
}

/** As Keycloak shows it: lists in any order. */
export function shownClient(client: Client): Fields {
  const { id, clientId, settings, secret, attributes, flows } = client;
  const { authorizationServicesEnabled, ...rest } = settings;
  return {
    id,
    clientId,
    ...rest,
    ...(authorizationServicesEnabled === true && { authorizationServicesEnabled }),
    ...(secret !== undefined && { secret }),
    redirectUris: shuffled(client.redirectUris),
    webOrigins: shuffled(client.webOrigins),
    attributes,
    authenticationFlowBindingOverrides: flows,
    protocolMappers: shuffled(client.mappers),
    defaultClientScopes: shuffled(client.defaultScopes),
    optionalClientScopes: shuffled(client.optionalScopes),
    access: { view: true, configure: true, manage: true },
  };
}

export function addMapper(client: Client, body: Fields): Mapper {
  const mapper = mapperOf(body, undefined);
  client.mappers.push(mapper);
  return mapper;
}

export function changeMapper(client: Client, id: string, body: Fields): void {
  const at = client.mappers.findIndex((one) => one.id === id);
  const before = client.mappers[at];
  if (!before) throw notFound("Model not found");
  // Not where the whole client is sent.
  const config = { "introspection.token.claim": "true", ...textsIn(body["config"]) };
  client.mappers[at] = mapperOf({ ...body, config }, before.id);
}

function merge(realm: Realm, client: Client, body: Fields): void {
  for (const key of [...Object.keys(DEFAULTS), ...OTHERS])
    if (body[key] !== undefined) client.settings[key] = body[key];
  for (const key of ["redirectUris", "webOrigins"] as const) {
    const list = body[key];
    if (!Array.isArray(list)) continue;
    client[key] = list.map(String);
    if (key === "redirectUris" && client[key].some((uri) => uri.includes("#")))
      throw new Refusal(400, {
        error: "invalid_input",
        error_description: "Redirect URIs must not contain an URI fragment",
      });
  }
  client.attributes = mergedTexts(client.attributes, body["attributes"]);
  client.flows = mergedTexts(client.flows, body["authenticationFlowBindingOverrides"]);
  if (Array.isArray(body["protocolMappers"]))
    client.mappers = mapsIn(body["protocolMappers"]).map((one) =>
      mapperOf(one, client.mappers.find(({ name }) => name === one["name"])?.id),
    );
  if (typeof body["secret"] === "string") client.secret = body["secret"];
  if (client.settings["publicClient"] === true) client.secret = undefined;
  else if (body["publicClient"] === false && client.secret === undefined && realm.clients.includes(client))
    makeSecret(client);
  const authorizes = client.settings["authorizationServicesEnabled"] === true;
  if (authorizes && !client.roles.some(({ name }) => name === "uma_protection"))
    client.roles.push(roleOf(client.id, "uma_protection"));
}

function mapperOf(body: Fields, id = randomUUID() as string): Mapper {
  return {
    id,
    name: String(body["name"]),
    protocol: "openid-connect",
    protocolMapper: String(body["protocolMapper"]),
    consentRequired: false,
    config: textsIn(body["config"]),
  };
}

/** Key by key; an empty text and null take one away. */
function mergedTexts(now: Texts, given: unknown): Texts {
  if (!isMap(given)) return now;
  const all = Object.entries({ ...now, ...given }).filter(([, value]) => value !== "" && value !== null);
  // Its own note of what it is.
  return { ...Object.fromEntries(all.map(([key, value]) => [key, String(value)])), ...pick(now, "realm_client") };
}

const pick = (texts: Texts, key: string): Texts => (texts[key] === undefined ? {} : { [key]: texts[key] });

const textsIn = (value: unknown): Texts =>
  isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)])) : {};

const scopesBy = (protocol: unknown): Pick<Client, "defaultScopes" | "optionalScopes"> =>
  protocol === "saml"
    ? { defaultScopes: [...SAML_SCOPES], optionalScopes: [] }
    : { defaultScopes: [...DEFAULT_SCOPES], optionalScopes: [...OPTIONAL_SCOPES] };

function refuseUnknown(body: Fields): void {
  const unknown = Object.keys(body).find((key) => !KNOWN.has(key));
  if (unknown !== undefined)
    throw new Refusal(400, {
      error: `Invalid json representation for ClientRepresentation. Unrecognized field "${unknown}" at line 1 column 9.`,
    });
}

/** In another order each time, so that nobody comes to rely on one. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => [Math.random(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item);
}
