import { isInPath } from "../edge/edge-config.ts";
import { passedOn } from "../edge/gateway/in-path.ts";
import { edgeStages } from "../edge/stages.ts";
import type { EdgePlan, Stages } from "../edge/route.ts";
import type { Asked } from "../edge/proof/ask.ts";
import { bytesOf } from "../schema/values.ts";
import type { CvatConfig } from "./cvat-config.ts";
import type { CvatPlan } from "./plan.ts";
import { BEFORE_A_TOKEN, cvatRoutes, type SignIn } from "./routes.ts";

/** CVAT's edge where people sign in; undefined where they do not, and the chart's own Ingresses stand before CVAT. */
export function cvatEdge({ config, versions, signIn }: EdgeParts): EdgePlan | undefined {
  if (signIn === undefined) return undefined;
  const { namespace, ingress, analytics } = config;
  return {
    namespace,
    routes: cvatRoutes({
      namespace,
      host: ingress.host,
      chart: versions.parts.chart,
      analytics: analytics.enabled,
      signIn,
    }),
    gatekeeper: signIn.gatekeeper,
    tlsSecret: ingress.tls?.secretName ?? "",
    bodyBytes: ingress.bodySize === undefined ? undefined : bytesOf(ingress.bodySize),
    responseTimeout: ingress.responseTimeout,
  };
}

/** Its objects, in the order they are applied. None where people do not sign in. */
export function cvatEdgeStages(plan: EdgeParts & Pick<CvatPlan, "ingressClass">): Stages {
  const edge = cvatEdge(plan);
  const { edge: kind, gateway } = plan.config.ingress;
  return edge === undefined ? [] : edgeStages({ edge: kind, className: plan.ingressClass.name, gateway }, edge);
}

/** What the proxy of sign-in passes on itself; undefined where it is asked beside each call. */
export function passedOnBySignIn(plan: EdgeParts): EdgePlan | undefined {
  const edge = isInPath(plan.config.ingress) ? cvatEdge(plan) : undefined;
  return edge && { ...edge, routes: passedOn(edge.routes) };
}

type EdgeParts = Pick<CvatPlan, "config" | "versions"> & { signIn?: SignIn | undefined };

/** Whether Grafana is reached: who may see it is CVAT's to say, and neither ingress-nginx nor a proxy in the path asks it besides. */
export function hasAnalyticsPage({ config, signIn }: Pick<CvatPlan, "config" | "signIn">): boolean {
  const { analytics, ingress } = config;
  return analytics.enabled && (signIn === undefined || !(ingress.edge === "ingress-nginx" || isInPath(ingress)));
}

/** What the running edge is asked in each `up`. */
export function edgeAsked({ ingress }: CvatConfig, { gatekeeper, tokenHost }: SignIn): Asked {
  return {
    url: `https://${ingress.host}`,
    open: `https://${tokenHost ?? ingress.host}${BEFORE_A_TOKEN.about.exact}`,
    header: gatekeeper.header,
    refusesSlashes: ingress.edge !== "ingress-nginx" && !isInPath(ingress),
  };
}
