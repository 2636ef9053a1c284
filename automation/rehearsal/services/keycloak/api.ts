import type { IncomingMessage, RequestListener } from "node:http";
import { textOf } from "../../../../components/rest/answer.ts";
import { isMap } from "../../../../components/program/maps.ts";
import { newRealm, type Fields, type Realm } from "./model.ts";
import { managesClients, ROUTES, type Answered, type Route } from "./realm-api.ts";
import { forbidden, notFound, oauth, Refusal } from "./refusal.ts";
import type { Store } from "./store.ts";
import { clientKnown, Tokens, type Asking, type Signed } from "./tokens.ts";

/** Somebody who may do everything in every realm. */
export interface Administrator {
  username: string;
  password: string;
}

const MASTER = "master";

interface Found {
  status: number;
  body?: unknown;
  location?: string;
}

/**
 * Keycloak's admin API, and the tokens for it, as far as a lab's client needs them.
 * @param administrator default: nobody is
 */
export function keycloakApi(store: Store, administrator?: Administrator): RequestListener {
  const tokens = new Tokens(store.state.key);

  async function answer(request: IncomingMessage): Promise<Found> {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
    const text = await textOf(request);
    const [, token] = /^\/realms\/([^/]+)\/protocol\/openid-connect\/token$/.exec(url.pathname) ?? [];
    if (token !== undefined && request.method === "POST")
      return { status: 200, body: grant(decodeURIComponent(token), new URLSearchParams(text)) };
    if (!url.pathname.startsWith("/admin/realms")) throw notFound("Unable to find matching target resource method");
    const [, bearer = ""] = /^Bearer (.*)$/.exec(request.headers.authorization ?? "") ?? [];
    const asking = tokens.read(bearer);
    if (!asking) throw new Refusal(401, { error: "HTTP 401 Unauthorized" });
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const found = administered(request.method ?? "GET", url, asking, body);
    if (request.method !== "GET") store.save();
    return found;
  }

  function grant(realmName: string, form: URLSearchParams): Signed {
    const said = (name: string) => form.get(name) ?? "";
    if (said("grant_type") === "password" && realmName === MASTER) {
      const { username, password } = administrator ?? {};
      if (username !== undefined && said("username") === username && said("password") === password)
        return tokens.ofAdministrator();
      throw oauth(400, "invalid_grant", "Invalid user credentials");
    }
    const realm = store.state.realms.find(({ name }) => name === realmName);
    if (!realm) throw notFound("Realm does not exist");
    const [clientId, secret] = [said("client_id"), said("client_secret")];
    if (said("grant_type") === "client_credentials") return tokens.ofClient(realm, clientId, secret);
    clientKnown(realm, clientId, secret);
    // Nobody signs in here, so no code is any.
    throw oauth(400, "invalid_grant", "Code not valid");
  }

  function administered(method: string, url: URL, asking: Asking, body: unknown): Found {
    const [, name, rest = ""] = /^\/admin\/realms(?:\/([^/]+)(\/.*)?)?$/.exec(url.pathname) ?? [];
    if (name === undefined) return madeRealm(method, url, asking, body);
    const realm = store.state.realms.find((one) => one.name === decodeURIComponent(name));
    if (!realm) throw notFound("Realm not found.");
    const { route, at } = routeOf(method, rest);
    if (!mayAsk(realm, route, asking)) throw forbidden();
    const answered = route.answer({ realm, asking, at, query: url.searchParams, body });
    return done(answered, method, url);
  }

  function madeRealm(method: string, url: URL, asking: Asking, body: unknown): Found {
    if (!asking.administrator) throw forbidden();
    if (method !== "POST" || !isMap(body)) throw notFound("Unable to find matching target resource method");
    const { realm, ...settings } = body as Fields & { realm: string };
    if (store.state.realms.some(({ name }) => name === realm))
      throw new Refusal(409, { errorMessage: `Conflict detected. See logs for details` });
    store.state.realms.push(newRealm(realm, settings));
    return done({ made: realm }, method, url);
  }

  return (request, response) => {
    void answer(request)
      .catch((error: unknown): Found => {
        if (error instanceof Refusal) return { status: error.status, body: error.body };
        return { status: 500, body: { error: "unknown_error", error_description: String(error) } };
      })
      .then(({ status, body, location }) => {
        response.writeHead(status, {
          ...(body !== undefined && { "Content-Type": "application/json" }),
          ...(location !== undefined && { Location: location }),
        });
        response.end(body === undefined ? undefined : JSON.stringify(body));
      });
  };
}

function done({ body, made }: Answered, method: string, url: URL): Found {
  if (made !== undefined) return { status: 201, location: `${url.origin}${url.pathname}/${made}` };
  return body === undefined ? { status: 204 } : { status: method === "GET" || method === "POST" ? 200 : 204, body };
}

function mayAsk(realm: Realm, route: Route, asking: Asking): boolean {
  if (asking.administrator) return true;
  return asking.realm === realm.name && route.administrators !== true && managesClients(realm, asking.client);
}

function routeOf(method: string, path: string): { route: Route; at: string[] } {
  for (const route of ROUTES) {
    const [own = "", pattern = ""] = route.call.split(" ");
    // A group's path has as many parts as the group has above it.
    const parts = pattern.startsWith("/group-by-path") ? "(.+)" : "([^/]+)";
    const found = own === method ? new RegExp(`^${pattern.replaceAll(":", parts)}$`).exec(path) : null;
    if (found) return { route, at: found.slice(1).map(decodeURIComponent) };
  }
  throw notFound("Unable to find matching target resource method");
}
