import type { KubernetesObject, V1Ingress, V1Service } from "@kubernetes/client-node";

/** `namespace/name` */
export function keyOf(object: KubernetesObject): string {
  return `${object.metadata?.namespace ?? ""}/${object.metadata?.name ?? ""}`;
}

/** The addresses that an object's status shows. */
export function addressesOf(object: V1Service | V1Ingress): string[] {
  const entries = object.status?.loadBalancer?.ingress ?? [];
  return entries.flatMap((entry) => entry.ip ?? []);
}
