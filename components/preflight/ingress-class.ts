import type { Plan } from "../lab/plan.ts";
import type { ClusterCheck } from "./check.ts";

/** Value of an IngressClass's `spec.controller` that Traefik serves. (traefik: pkg/provider/kubernetes/ingress/kubernetes.go) */
export const TRAEFIK_CONTROLLER = "traefik.io/ingress-controller";

/** The same of the ingress-nginx controller. (ingress-nginx: internal/ingress/controller/ingressclass/ingressclass.go) */
export const NGINX_CONTROLLER = "k8s.io/ingress-nginx";

/** Who serves CVAT's Ingresses, by the controller of its class; undefined where CVAT has none. */
export function ingressControllerOf(plan: Plan): { name: string; controller: string } | undefined {
  const { cvat } = plan;
  if (!cvat) return undefined;
  if (cvat.signIn === undefined) return { name: "Traefik", controller: TRAEFIK_CONTROLLER };
  return cvat.config.ingress.edge === "ingress-nginx"
    ? { name: "ingress-nginx", controller: NGINX_CONTROLLER }
    : undefined;
}

/**
 * An Ingress of a class that is missing, or that is another controller's, has no route at all, and keeps the address it had, so that it
 * looks well. (addresses-and-kubernetes.md, I)
 */
export const ingressClassIsServed: ClusterCheck = ({ ingressClasses }, plan) => {
  const wanted = ingressControllerOf(plan);
  if (ingressClasses === undefined || !plan.cvat || !wanted) return [];
  const { name, key } = plan.cvat.ingressClass;
  const path = `vision-platform:${key}`;
  const found = ingressClasses.find(({ metadata }) => metadata?.name === name);
  if (found?.spec?.controller === wanted.controller) return [];
  const served = ingressClasses
    .filter(({ spec }) => spec?.controller === wanted.controller)
    .map(({ metadata }) => metadata?.name ?? "");
  const cure =
    served.length > 0
      ? `${wanted.name} serves ${served.join(", ")}: set one.`
      : `No class of this cluster is ${wanted.name}'s: is ${wanted.name} installed?`;
  const what = found
    ? `is a class of ${found.spec?.controller ?? "no controller"}, not of ${wanted.name}`
    : "is no IngressClass of this cluster";
  return [{ severity: "refusal", path, message: `\`${name}\` ${what}. ${cure}` }];
};
