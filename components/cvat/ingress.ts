import { bytesOf } from "../schema/values.ts";
import type { CvatConfig } from "./cvat-config.ts";
import { CHART_OBJECTS } from "./names.ts";

/** An object of Traefik's own kinds (traefik.io/v1alpha1) that CVAT's Ingresses or Services refer to. */
export interface TraefikObject {
  kind: "Middleware" | "ServersTransport";
  name: string;
  spec: Record<string, unknown>;
}

const SIGNED_IN = "signed-in";
const BODY_SIZE = "body-size";
const TRANSPORT = "server";

/**
 * What Traefik needs beside the Ingresses. The chart brings its own two Middlewares only along with its own Traefik, so with K3s's
 * anyone would be Grafana's administrator. (cvat.md section 1.5)
 */
export function traefikObjects({ namespace, analytics, ingress }: CvatConfig): TraefikObject[] {
  const objects: TraefikObject[] = [];
  if (analytics.enabled)
    objects.push({
      kind: "Middleware",
      name: SIGNED_IN,
      spec: {
        forwardAuth: {
          // Traefik runs in another namespace, so the name has CVAT's.
          address: `http://${serverName(namespace)}:${CHART_OBJECTS.serverPort}/analytics`,
          authRequestHeaders: ["Cookie", "Authorization"],
        },
      },
    });
  if (ingress.bodySize !== undefined)
    objects.push({
      kind: "Middleware",
      name: BODY_SIZE,
      spec: { buffering: { maxRequestBodyBytes: bytesOf(ingress.bodySize) } },
    });
  if (ingress.responseTimeout !== undefined)
    objects.push({
      kind: "ServersTransport",
      name: TRANSPORT,
      spec: { forwardingTimeouts: { responseHeaderTimeout: ingress.responseTimeout } },
    });
  return objects;
}

export type Annotations = Record<string, string>;

/** Annotations of CVAT's Ingresses, by the Ingress's name. Grafana serves from /analytics itself, so no prefix is stripped. */
export function ingressAnnotations({ namespace, analytics, ingress }: CvatConfig): Record<string, Annotations> {
  const key = "traefik.ingress.kubernetes.io/router.middlewares";
  const annotations: Record<string, Annotations> = {};
  if (ingress.bodySize !== undefined) annotations[CHART_OBJECTS.ingress] = { [key]: reference(namespace, BODY_SIZE) };
  if (analytics.enabled) annotations[CHART_OBJECTS.analyticsIngress] = { [key]: reference(namespace, SIGNED_IN) };
  return annotations;
}

/** Annotations of the server's Service. Traefik takes time limits towards a server from there. */
export function serverAnnotations({ namespace, ingress }: CvatConfig): Annotations {
  if (ingress.responseTimeout === undefined) return {};
  return { "traefik.ingress.kubernetes.io/service.serverstransport": reference(namespace, TRANSPORT) };
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
