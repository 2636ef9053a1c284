import { middlewares, middlewaresOf, TRAEFIK_API } from "../traefik/middlewares.ts";
import { isInPath, type GatewayConfig } from "../edge-config.ts";
import { hostsOf, NAME, type EdgeObject, type EdgePlan, type PathMatch, type Route, type Stages } from "../route.ts";
import { inPathFilters, inPathRoutes, inPathTimeouts } from "./in-path.ts";

export const GATEWAY_API = "gateway.networking.k8s.io/v1";

/**
 * The routes for a Gateway: of Traefik's by its own Middlewares, of another with the gatekeeper in the path. Which of two rules wins is the
 * standard's: an exact path, then the longer path, then the one with a header. The Gateway has the certificate, and its port for http.
 */
export function gatewayStages(plan: EdgePlan, gateway: GatewayConfig): Stages {
  if (!isInPath({ edge: "gateway", gateway })) {
    const rules = plan.routes.map((route) => ({ ...routed(route), filters: middlewareFilters(route, plan) }));
    return [middlewares(plan), httpRoutes(plan.routes, rules, gateway)];
  }
  const routes = inPathRoutes(plan);
  const rules = routes.map((route) => ({
    ...routed(route),
    filters: inPathFilters(plan),
    ...inPathTimeouts(route, plan),
  }));
  return [httpRoutes(routes, rules, gateway)];
}

/** One object for each host. @param rules those of the routes, in the same order */
function httpRoutes(
  routes: readonly Route[],
  rules: readonly object[],
  { name, namespace, section }: GatewayConfig,
): EdgeObject[] {
  const parentRefs = [{ name, namespace, ...(section !== undefined && { sectionName: section }) }];
  return hostsOf(routes).map((host, index) => ({
    apiVersion: GATEWAY_API,
    kind: "HTTPRoute",
    name: index === 0 ? `${NAME}-routes` : `${NAME}-routes-${index + 1}`,
    spec: { parentRefs, hostnames: [host], rules: rules.filter((_, at) => routes[at]?.host === host) },
  }));
}

function routed({ paths, authorization, to }: Route) {
  return {
    matches: paths.map((path) => ({
      path: pathOf(path),
      ...(authorization !== undefined && {
        headers: [{ type: "RegularExpression", name: "Authorization", value: authorization }],
      }),
    })),
    backendRefs: [{ name: to.service, port: to.port }],
  };
}

function middlewareFilters(route: Route, plan: EdgePlan) {
  return middlewaresOf(route, plan).map((middleware) => ({
    type: "ExtensionRef",
    extensionRef: { group: TRAEFIK_API.split("/")[0], kind: "Middleware", name: middleware },
  }));
}

function pathOf(path: PathMatch) {
  return "exact" in path ? { type: "Exact", value: path.exact } : { type: "PathPrefix", value: path.below };
}
