import type * as k8s from "@pulumi/kubernetes";
import type { CvatConfig } from "./config.ts";
import { CHART_OBJECTS } from "./names.ts";

/** The Middleware that lets nobody through. */
export const NOBODY = "nobody";

/**
 * Traefik asks CVAT whether the caller may go on, at a path that CVAT does not have: its 404 is what the caller gets. Unlike a list of allowed
 * addresses, every Traefik from 2.0 on has this; and with CVAT down it refuses too.
 */
export function nobodySpec(server: string): Record<string, unknown> {
  return { forwardAuth: { address: `http://${server}:${CHART_OBJECTS.serverPort}/api/auth/registration-is-closed` } };
}

/**
 * The Ingress that closes registration. CVAT itself has no switch for it: its page is there whenever users sign in by password
 * (cvat/apps/iam/urls.py). Of two routes Traefik takes the longer path, so this one goes before the chart's `/api`.
 */
export function registrationIngress(
  { ingress }: Pick<CvatConfig, "ingress">,
  { namespace, ingressClass }: { namespace: string; ingressClass: string },
): { annotations: Record<string, string>; spec: k8s.types.input.networking.v1.IngressSpec } {
  const { host, className, tls } = ingress;
  const backend = { service: { name: CHART_OBJECTS.server, port: { number: CHART_OBJECTS.serverPort } } };
  return {
    annotations: {
      "traefik.ingress.kubernetes.io/router.middlewares": `${namespace}-${NOBODY}@kubernetescrd`,
      // It serves nothing, so nobody waits for its address.
      "pulumi.com/skipAwait": "true",
    },
    spec: {
      ingressClassName: className ?? ingressClass,
      ...(tls && { tls: [{ hosts: [host], secretName: tls.secretName }] }),
      rules: [
        {
          ...(host !== "" && { host }),
          http: { paths: [{ path: "/api/auth/register", pathType: "Prefix", backend }] },
        },
      ],
    },
  };
}
