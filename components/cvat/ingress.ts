import type { Asked, EdgeObject } from "../edge/route.ts";
import { bodySize, middleware, TRAEFIK_OBJECTS, transport } from "../edge/traefik/middlewares.ts";
import { bytesOf } from "../schema/values.ts";
import type { CvatConfig } from "./cvat-config.ts";
import { CHART_OBJECTS } from "./names.ts";

/** CVAT's own word on who may see analytics. */
export function signedInAtCvat(namespace: string): Asked {
  return {
    name: "signed-in",
    // Traefik runs in another namespace, so the name has CVAT's.
    address: `http://${serverName(namespace)}:${CHART_OBJECTS.serverPort}/analytics`,
    requestHeaders: ["Cookie", "Authorization"],
  };
}

/**
 * What Traefik needs beside the Ingresses. The chart brings its own two Middlewares only along with its own Traefik, so with K3s's
 * anyone would be Grafana's administrator. (cvat.md section 1.5)
 */
export function traefikObjects({ namespace, analytics, ingress }: CvatConfig): EdgeObject[] {
  const { name, address, requestHeaders } = signedInAtCvat(namespace);
  return [
    ...(analytics.enabled
      ? [middleware(name, { forwardAuth: { address, authRequestHeaders: [...requestHeaders] } })]
      : []),
    ...(ingress.bodySize === undefined ? [] : [bodySize(bytesOf(ingress.bodySize))]),
    ...(ingress.responseTimeout === undefined ? [] : [transport(ingress.responseTimeout)]),
  ];
}

export type Annotations = Record<string, string>;

/** Annotations of CVAT's Ingresses, by the Ingress's name. Grafana serves from /analytics itself, so no prefix is stripped. */
export function ingressAnnotations({ namespace, analytics, ingress }: CvatConfig): Record<string, Annotations> {
  const key = "traefik.ingress.kubernetes.io/router.middlewares";
  const annotations: Record<string, Annotations> = {};
  if (ingress.bodySize !== undefined)
    annotations[CHART_OBJECTS.ingress] = { [key]: reference(namespace, TRAEFIK_OBJECTS.bodySize) };
  if (analytics.enabled)
    annotations[CHART_OBJECTS.analyticsIngress] = { [key]: reference(namespace, signedInAtCvat(namespace).name) };
  return annotations;
}

/** Annotations of the server's Service. Traefik takes time limits towards a server from there. */
export function serverAnnotations({ namespace, ingress }: CvatConfig): Annotations {
  if (ingress.responseTimeout === undefined) return {};
  return { "traefik.ingress.kubernetes.io/service.serverstransport": reference(namespace, TRAEFIK_OBJECTS.transport) };
}

/** Where people reach CVAT, without a slash at the end. `address` is Traefik's, used where CVAT has no host name. */
export function publicUrl({ ingress }: CvatConfig, address: string): string {
  return `${ingress.tls ? "https" : "http"}://${ingress.host || address}`;
}

/** The server's name from other namespaces. */
export function serverName(namespace: string): string {
  return `${CHART_OBJECTS.server}.${namespace}.svc`;
}

function reference(namespace: string, name: string): string {
  return `${namespace}-${name}@kubernetescrd`;
}
