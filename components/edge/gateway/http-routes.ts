import { hostsOf, NAME, type EdgeObject, type EdgePlan, type PathMatch, type Route, type Stages } from "../route.ts";
import { middlewares, middlewaresOf, TRAEFIK_API } from "../traefik/middlewares.ts";
import type { GatewayConfig } from "../edge-config.ts";

export const GATEWAY_API = "gateway.networking.k8s.io/v1";

/**
 * The routes for a Gateway of Traefik's, by its own Middlewares. Which of two rules wins is the standard's: an exact path, then the longer
 * path, then the one with a header. The Gateway has the certificate, and its port for http.
 */
export function gatewayStages(plan: EdgePlan, { section, ...gateway }: GatewayConfig): Stages {
  const parentRefs = [{ ...gateway, ...(section !== undefined && { sectionName: section }) }];
  return [
    middlewares(plan),
    hostsOf(plan.routes).map((host, index): EdgeObject => {
      const rules = plan.routes.filter((route) => route.host === host).map((route) => ruleOf(route, plan));
      return {
        apiVersion: GATEWAY_API,
        kind: "HTTPRoute",
        name: index === 0 ? `${NAME}-routes` : `${NAME}-routes-${index + 1}`,
        spec: { parentRefs, hostnames: [host], rules },
      };
    }),
  ];
}

function ruleOf(route: Route, plan: EdgePlan) {
  return {
    matches: route.paths.map((path) => ({
      path: pathOf(path),
      ...(route.authorization !== undefined && {
        headers: [{ type: "RegularExpression", name: "Authorization", value: route.authorization }],
      }),
    })),
    filters: middlewaresOf(route, plan).map((middleware) => ({
      type: "ExtensionRef",
      extensionRef: { group: TRAEFIK_API.split("/")[0], kind: "Middleware", name: middleware },
    })),
    backendRefs: [{ name: route.to.service, port: route.to.port }],
  };
}

function pathOf(path: PathMatch) {
  return "exact" in path ? { type: "Exact", value: path.exact } : { type: "PathPrefix", value: path.below };
}
