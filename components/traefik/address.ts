import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../kubernetes/cluster.ts";
import { metalLbAnnotations } from "../kubernetes/metallb.ts";
import type { TraefikConfig } from "./traefik-config.ts";

/**
 * Asks MetalLB for the address of Traefik's Service. The Service belongs to K3s, so this is a patch: forced, since whoever set the
 * annotation by hand before us owns it, under a manager of one name, so that each run owns the same fields. Destroy leaves the
 * annotation: taking it away would move every other application behind Traefik to another address.
 */
export function traefikAddress(
  name: string,
  config: TraefikConfig,
  cluster: Cluster,
  opts: pulumi.ResourceOptions,
): k8s.core.v1.ServicePatch | undefined {
  if (config.address === undefined) return undefined;
  return new k8s.core.v1.ServicePatch(
    name,
    {
      metadata: {
        name: config.service,
        namespace: config.namespace,
        annotations: {
          ...metalLbAnnotations(config.address),
          "pulumi.com/patchForce": "true",
          "pulumi.com/patchFieldManager": "vision-platform",
          // The engine would wait 10 s for endpoints that are none of its business. (charts-on-the-engine.md, 7.2)
          "pulumi.com/skipAwait": "true",
        },
      },
    },
    { ...opts, provider: cluster.provider, retainOnDelete: true },
  );
}
