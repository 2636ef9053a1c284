import type { KubernetesObject, V1Ingress, V1Service } from "@kubernetes/client-node";
import type { AddressClaim } from "./addresses.ts";

/** Annotation on a Service that leaves it without an address. */
export const NO_ADDRESS_ANNOTATION = "rehearsal.vision-platform/no-address";

/** MetalLB's pool of addresses, as far as it is read here. */
export interface IpAddressPool extends KubernetesObject {
  spec?: { addresses?: string[]; autoAssign?: boolean };
}

/** What a Service asks for; `undefined` when it asks for no address. */
export function addressClaim(service: V1Service): AddressClaim | undefined {
  if (service.spec?.type !== "LoadBalancer" || service.metadata?.deletionTimestamp) return undefined;
  const annotation = (name: string) => service.metadata?.annotations?.[name];
  // MetalLB's own prefix until 0.14, and since.
  const metallb = (name: string) => annotation(`metallb.io/${name}`) ?? annotation(`metallb.universe.tf/${name}`);
  return {
    key: keyOf(service),
    held: addressesOf(service),
    asked: (metallb("loadBalancerIPs") ?? "")
      .split(",")
      .map((address) => address.trim())
      .filter((address) => address !== ""),
    askedInSpec: service.spec.loadBalancerIP || undefined,
    sharingKey: metallb("allow-shared-ip"),
    ports: (service.spec.ports ?? []).map(({ protocol, port }) => `${protocol ?? "TCP"}/${port}`),
    refused: annotation(NO_ADDRESS_ANNOTATION) === "true",
  };
}

/** `namespace/name` */
export function keyOf(object: KubernetesObject): string {
  return `${object.metadata?.namespace ?? ""}/${object.metadata?.name ?? ""}`;
}

/** The addresses that an object's status shows. */
export function addressesOf(object: V1Service | V1Ingress): string[] {
  const entries = object.status?.loadBalancer?.ingress ?? [];
  return entries.flatMap((entry) => entry.ip ?? []);
}

/** Whether Traefik serves an Ingress: by class name, or by the annotation from before there were class names. */
export function servedByTraefik(ingress: V1Ingress): boolean {
  return (
    (ingress.spec?.ingressClassName ?? ingress.metadata?.annotations?.["kubernetes.io/ingress.class"]) === "traefik"
  );
}
