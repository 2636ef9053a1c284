import { gatewayStages } from "./gateway/http-routes.ts";
import { nginxStages } from "./nginx/ingresses.ts";
import { traefikStages } from "./traefik/ingress-routes.ts";
import type { EdgeKind, GatewayConfig } from "./edge-config.ts";
import type { EdgePlan, Stages } from "./route.ts";

/** Which edge it is, and what only that one needs. */
export interface EdgeChoice {
  edge: EdgeKind;
  /** IngressClass, of ingress-nginx. */
  className: string;
  /** Of `gateway`. */
  gateway?: GatewayConfig | undefined;
}

/** The routes as objects of an edge. */
export function edgeStages({ edge, className, gateway }: EdgeChoice, plan: EdgePlan): Stages {
  switch (edge) {
    case "traefik":
      return traefikStages(plan);
    case "ingress-nginx":
      return nginxStages(plan, className);
    case "gateway":
      if (gateway === undefined) throw new Error("no Gateway is named");
      return gatewayStages(plan, gateway);
  }
}
