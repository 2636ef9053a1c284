import { spellingsOf } from "../spellings.ts";
import { LONG, type EdgePlan, type Route } from "../route.ts";

/** By it the gatekeeper would judge another path than the one that is asked for: nobody's but an edge's that asks beside a call. (sign-in-parts.md 4) */
const ASKED_FOR = "X-Forwarded-Uri";

/**
 * The routes where the gatekeeper is in the path: what asks for a session goes to him, and he passes it on. What asks another server `besides`
 * is left out: he asks the issuer alone, and so it falls to the most general route.
 */
export function inPathRoutes({ routes, gatekeeper }: EdgePlan): Route[] {
  const { service, port } = gatekeeper;
  return routes
    .filter(({ besides }) => besides === undefined)
    .map((route) => (route.entry === "session" ? { ...route, to: { service, port } } : route));
}

/** Those that the gatekeeper passes on, to where they lead. */
export function passedOn(routes: readonly Route[]): Route[] {
  return routes.filter(({ entry, besides }) => entry === "session" && besides === undefined);
}

/** What only the gatekeeper may say is gone before he or anybody is reached. Every implementation has this filter. (HTTPRouteFilter: Core) */
export function inPathFilters({ gatekeeper }: Pick<EdgePlan, "gatekeeper">) {
  const remove = [...spellingsOf(gatekeeper.header), ASKED_FOR];
  return [{ type: "RequestHeaderModifier", requestHeaderModifier: { remove } }];
}

/** How long an answer may take, where it takes long: some implementations give up after seconds. (envoyproxy.io: route timeout, 15 s) */
export function inPathTimeouts({ takesLong }: Route, { responseTimeout }: Pick<EdgePlan, "responseTimeout">) {
  return takesLong ? { timeouts: { request: responseTimeout ?? LONG } } : {};
}
