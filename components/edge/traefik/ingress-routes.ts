import {
  hostsOf,
  isEverything,
  NAME,
  type EdgeObject,
  type EdgePlan,
  type PathMatch,
  type Route,
  type Stages,
} from "../route.ts";
import { middleware, middlewares, middlewaresOf, TRAEFIK_API, TRAEFIK_OBJECTS, transport } from "./middlewares.ts";

/** Traefik's entry points for http and https, as K3s and Traefik's own chart name them. */
const ENTRY_POINTS = { http: "web", https: "websecure" } as const;

const HTTPS = `${NAME}-https`;

/**
 * Which rule wins, the larger number. Each is larger than Traefik's own numbers, the lengths of rules: so nobody's Ingress for the same host,
 * and none that an update has not taken away yet, wins over the most general rule here, which asks for a session.
 */
const PRIORITY = { everything: 10_000, below: 20_000, byHeader: 30_000, exact: 40_000 } as const;

/**
 * The routes as Traefik's own objects. A rule whose Middleware is missing is dropped by Traefik, and the next more general one of the host
 * answers: the most general one asks for a session, and without its Middlewares there is none. (sign-in-parts.md 6)
 */
export function traefikStages(plan: EdgePlan): Stages {
  const { routes, tlsSecret, responseTimeout } = plan;
  return [
    [
      ...middlewares(plan),
      middleware(HTTPS, { redirectScheme: { scheme: "https", permanent: true } }),
      ...(responseTimeout === undefined ? [] : [transport(responseTimeout)]),
    ],
    [
      ingressRoute(`${NAME}-routes`, {
        entryPoints: [ENTRY_POINTS.https],
        routes: routes.map((route) => rule(route, plan)),
        tls: { secretName: tlsSecret },
      }),
    ],
    // By http there is nothing but the way to https.
    [ingressRoute(`${NAME}-routes-http`, { entryPoints: [ENTRY_POINTS.http], routes: [toHttps(plan)] })],
  ];
}

function ingressRoute(name: string, spec: Record<string, unknown>): EdgeObject {
  return { apiVersion: TRAEFIK_API, kind: "IngressRoute", name, spec };
}

function rule(route: Route, plan: EdgePlan) {
  const { to, takesLong } = route;
  return {
    kind: "Rule",
    match: matchOf(route),
    priority: priorityOf(route),
    middlewares: middlewaresOf(route, plan).map((name) => ({ name })),
    services: [
      {
        name: to.service,
        port: to.port,
        ...(takesLong && plan.responseTimeout !== undefined && { serversTransport: TRAEFIK_OBJECTS.transport }),
      },
    ],
  };
}

function toHttps({ routes, gatekeeper }: EdgePlan) {
  return {
    kind: "Rule",
    match: hostsOf(routes)
      .map((host) => `Host(\`${host}\`)`)
      .join(" || "),
    priority: PRIORITY.everything,
    middlewares: [{ name: HTTPS }],
    // A rule needs one; nothing gets there.
    services: [{ name: gatekeeper.service, port: gatekeeper.port }],
  };
}

function matchOf({ host, paths, authorization }: Route): string {
  const parts = [
    `Host(\`${host}\`)`,
    ...(paths.some(isEverything) ? [] : [anyOf(paths.flatMap(pathRules))]),
    ...(authorization === undefined ? [] : [`HeaderRegexp(\`Authorization\`, \`${authorization}\`)`]),
  ];
  return parts.join(" && ");
}

/** `PathPrefix` alone goes by letters: below `/static` it takes `/staticx`. */
function pathRules(path: PathMatch): string[] {
  return "exact" in path ? [`Path(\`${path.exact}\`)`] : [`Path(\`${path.below}\`)`, `PathPrefix(\`${path.below}/\`)`];
}

const anyOf = (rules: readonly string[]) => (rules.length === 1 ? String(rules[0]) : `(${rules.join(" || ")})`);

function priorityOf({ paths, authorization }: Route): number {
  if (paths.some(isEverything)) return PRIORITY.everything;
  if (paths.every((path) => "exact" in path)) return PRIORITY.exact;
  return authorization === undefined ? PRIORITY.below : PRIORITY.byHeader;
}
