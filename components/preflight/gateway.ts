import { isInPath, type GatewayConfig } from "../edge/edge-config.ts";
import type { Plan } from "../lab/plan.ts";
import type { ClusterCheck } from "./check.ts";

/** Value of a GatewayClass's `spec.controllerName` that Traefik serves. (traefik: pkg/provider/kubernetes/gateway/kubernetes.go) */
export const TRAEFIK_GATEWAY_CONTROLLER = "traefik.io/gateway-controller";

/** The Gateway that CVAT's routes are to belong to; undefined where they belong to none. */
export function gatewayOf({ cvat }: Plan): GatewayConfig | undefined {
  const { edge, gateway } = cvat?.config.ingress ?? {};
  return cvat?.signIn !== undefined && edge === "gateway" ? gateway : undefined;
}

/**
 * Traefik's Middlewares, by which its Gateways ask for a session, another implementation refuses or does not know: the standard's own filter
 * (ExternalAuth) is experimental. (sign-in-parts.md 6)
 */
export const gatewayFits: ClusterCheck = ({ gateways, gatewayClasses }, plan) => {
  const wanted = gatewayOf(plan);
  if (!wanted || gateways === undefined) return [];
  const path = "vision-platform:cvat.ingress.gateway";
  const where = `${wanted.namespace}/${wanted.name}`;
  const found = gateways.find(
    ({ metadata }) => metadata?.namespace === wanted.namespace && metadata.name === wanted.name,
  );
  if (!found) {
    const message = `There is no Gateway ${where}. Make it, or name one that is there (kubectl get gateways -A).`;
    return [{ severity: "refusal", path, message }];
  }
  const name = found.spec?.gatewayClassName;
  const controller = gatewayClasses?.find(({ metadata }) => metadata?.name === name)?.spec?.controllerName;
  if (
    gatewayClasses === undefined ||
    controller === TRAEFIK_GATEWAY_CONTROLLER ||
    isInPath({ edge: "gateway", gateway: wanted })
  )
    return [];
  const message = `Gateway ${where} is of ${controller ?? "a class that is not there"}, not of Traefik, whose Middlewares ask for the session. Set vision-platform:cvat.ingress.gateway.implementation to other, which puts the proxy of sign-in in the path; or name a Gateway of Traefik's.`;
  return [{ severity: "refusal", path, message }];
};
