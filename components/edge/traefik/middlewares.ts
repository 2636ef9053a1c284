import { spellingsOf } from "../spellings.ts";
import { addressOf, type Asked, type EdgeObject, type EdgePlan, type Gatekeeper, NAME, type Route } from "../route.ts";

export const TRAEFIK_API = "traefik.io/v1alpha1";

/** Names of Traefik's objects, in the namespace of the routes. */
export const TRAEFIK_OBJECTS = {
  /** Takes away what only the gatekeeper may say. */
  clean: `${NAME}-clean`,
  /** Refuses paths that are one thing to Traefik and another to who is behind it. */
  slashes: `${NAME}-slashes`,
  /** Asks for a session. */
  session: `${NAME}-session`,
  bodySize: "body-size",
  transport: "server",
} as const;

/** Room for the gatekeeper's own pages: the login, a refusal. Without a limit Traefik warns. */
const ANSWER_BYTES = 1024 * 1024;

/** The Middlewares that the routes name. */
export function middlewares({ namespace, routes, gatekeeper, bodyBytes }: EdgePlan): EdgeObject[] {
  const asked = routes.flatMap(({ besides }) => besides ?? []);
  return [
    middleware(TRAEFIK_OBJECTS.clean, {
      headers: { customRequestHeaders: Object.fromEntries(spellingsOf(gatekeeper.header).map((name) => [name, ""])) },
    }),
    // What is not named is refused too: encoded `\`, `;`, `%`, `?`, `#` and zero. (traefik 3.7: pkg/middlewares/encodedcharacters)
    middleware(TRAEFIK_OBJECTS.slashes, { encodedCharacters: { allowEncodedSlash: false } }),
    middleware(TRAEFIK_OBJECTS.session, {
      forwardAuth: {
        // At its root, so that it sees which path was asked for: pages get a login, calls 401. (sign-in-parts.md 4)
        address: `${addressOf(gatekeeper, namespace)}/`,
        authResponseHeaders: [gatekeeper.header],
        // Of a session that was just renewed.
        addAuthCookiesToResponse: [gatekeeper.cookie],
        maxResponseBodySize: ANSWER_BYTES,
      },
    }),
    ...asked.map((one) => middleware(one.name, { forwardAuth: forwardAuth(one, gatekeeper) })),
    ...(bodyBytes === undefined ? [] : [bodySize(bodyBytes)]),
  ];
}

/**
 * What a request goes through on a route, in this order. Who is nobody is turned away before anything of his is kept, and what he says of
 * himself is gone before anybody is asked who he is.
 */
export function middlewaresOf(
  { entry, besides, takesLong }: Route,
  { bodyBytes }: Pick<EdgePlan, "bodyBytes">,
): string[] {
  return [
    TRAEFIK_OBJECTS.clean,
    TRAEFIK_OBJECTS.slashes,
    ...(entry === "session" ? [TRAEFIK_OBJECTS.session, ...(besides ? [besides.name] : [])] : []),
    ...(takesLong && bodyBytes !== undefined ? [TRAEFIK_OBJECTS.bodySize] : []),
  ];
}

function forwardAuth({ address, requestHeaders }: Asked, { header }: Gatekeeper) {
  return { address, authRequestHeaders: [...requestHeaders, header], maxResponseBodySize: ANSWER_BYTES };
}

/** Limits requests, in bytes; each is held back until it is whole. */
export function bodySize(maxRequestBodyBytes: number): EdgeObject {
  return middleware(TRAEFIK_OBJECTS.bodySize, { buffering: { maxRequestBodyBytes } });
}

/** How long a server's answer may take to begin. */
export function transport(responseHeaderTimeout: string): EdgeObject {
  const spec = { forwardingTimeouts: { responseHeaderTimeout } };
  return { apiVersion: TRAEFIK_API, kind: "ServersTransport", name: TRAEFIK_OBJECTS.transport, spec };
}

export function middleware(name: string, spec: Record<string, unknown>): EdgeObject {
  return { apiVersion: TRAEFIK_API, kind: "Middleware", name, spec };
}
