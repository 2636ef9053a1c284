import type { V1Ingress, V1IngressClass } from "@kubernetes/client-node";

/** Controller of the IngressClasses that Traefik serves. (traefik 3.7: pkg/provider/kubernetes/ingress, traefikDefaultIngressClassController) */
export const TRAEFIK_CONTROLLER = "traefik.io/ingress-controller";

/**
 * Whether Traefik serves an Ingress: by a class that is there and Traefik's, whatever its name; without a class by the annotation from before
 * there were classes. (traefik 3.7: pkg/provider/kubernetes/ingress/kubernetes.go, shouldProcessIngress)
 */
export function servedByTraefik({ metadata, spec }: V1Ingress, classes: readonly V1IngressClass[]): boolean {
  const name = spec?.ingressClassName;
  if (name === undefined) return metadata?.annotations?.["kubernetes.io/ingress.class"] === "traefik";
  return classes.some((found) => found.metadata?.name === name && found.spec?.controller === TRAEFIK_CONTROLLER);
}
