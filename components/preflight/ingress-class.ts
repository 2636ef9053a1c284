import type { ClusterCheck } from "./check.ts";

/** Value of an IngressClass's `spec.controller` that Traefik serves. (traefik: pkg/provider/kubernetes/ingress/kubernetes.go) */
export const TRAEFIK_CONTROLLER = "traefik.io/ingress-controller";

/**
 * An Ingress of a class that is missing, or that is another controller's, has no route at all, and keeps the address it had, so that it
 * looks well. (addresses-and-kubernetes.md, I)
 */
export const ingressClassIsServed: ClusterCheck = ({ ingressClasses }, { cvat }) => {
  if (ingressClasses === undefined || !cvat) return [];
  const { name, key } = cvat.ingressClass;
  const path = `vision-platform:${key}`;
  const found = ingressClasses.find(({ metadata }) => metadata?.name === name);
  if (found?.spec?.controller === TRAEFIK_CONTROLLER) return [];
  const served = ingressClasses
    .filter(({ spec }) => spec?.controller === TRAEFIK_CONTROLLER)
    .map(({ metadata }) => metadata?.name ?? "");
  const cure =
    served.length > 0
      ? `Traefik serves ${served.join(", ")}: set one.`
      : "No class of this cluster is Traefik's: is Traefik installed?";
  const what = found
    ? `is a class of ${found.spec?.controller ?? "no controller"}, not of Traefik`
    : "is no IngressClass of this cluster";
  return [{ severity: "refusal", path, message: `\`${name}\` ${what}. ${cure}` }];
};
