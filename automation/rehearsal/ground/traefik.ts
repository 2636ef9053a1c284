import type { V1Deployment, V1Ingress, V1IngressClass } from "@kubernetes/client-node";
import { TRAEFIK_CONTROLLER } from "../../../components/preflight/ingress-class.ts";

/** Labels of Traefik's pods, as its chart makes them. */
export const TRAEFIK_PODS = { "app.kubernetes.io/name": "traefik" } as const;

/** Option by which Traefik is told whose addresses its Ingresses have: `NAMESPACE/NAME`. */
export const PUBLISHED_SERVICE = "--providers.kubernetesingress.ingressendpoint.publishedservice";

/**
 * The Service that Traefik publishes; undefined: none, and then it writes no status at all. (traefik 3.7: pkg/provider/kubernetes/ingress/kubernetes.go,
 * updateIngressStatus)
 */
export function publishedService(
  deployments: readonly V1Deployment[],
): { namespace: string; name: string } | undefined {
  const args = deployments
    .filter(({ metadata }) => metadata?.labels?.["app.kubernetes.io/name"] === TRAEFIK_PODS["app.kubernetes.io/name"])
    .flatMap(({ spec }) => spec?.template.spec?.containers ?? [])
    .flatMap((container) => container.args ?? []);
  const value = args.find((arg) => arg.startsWith(`${PUBLISHED_SERVICE}=`))?.slice(PUBLISHED_SERVICE.length + 1);
  const [namespace, name] = value?.split("/") ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/**
 * Whether Traefik serves an Ingress: by a class that is there and Traefik's, whatever its name; without a class by the annotation from before
 * there were classes. (traefik 3.7: pkg/provider/kubernetes/ingress/kubernetes.go, shouldProcessIngress)
 */
export function servedByTraefik({ metadata, spec }: V1Ingress, classes: readonly V1IngressClass[]): boolean {
  const name = spec?.ingressClassName;
  if (name === undefined) return metadata?.annotations?.["kubernetes.io/ingress.class"] === "traefik";
  return classes.some((found) => found.metadata?.name === name && found.spec?.controller === TRAEFIK_CONTROLLER);
}
