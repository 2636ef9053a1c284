import type { V1Service } from "@kubernetes/client-node";
import { addressesOf, keyOf } from "../services.ts";
import type { AddressClaim } from "./allocate.ts";

/** Annotation on a Service that leaves it without an address. */
export const NO_ADDRESS_ANNOTATION = "rehearsal.vision-platform/no-address";
/** MetalLB's note of where an address is from. */
export const FROM_POOL_ANNOTATION = "metallb.io/ip-allocated-from-pool";
const DEPRECATED_PREFIX = "metallb.universe.tf/";

/** What a Service asks for; `undefined` when it is none of MetalLB's: no LoadBalancer, being deleted, or of another controller's class. */
export function addressClaim(service: V1Service): AddressClaim | undefined {
  const { metadata, spec } = service;
  if (spec?.type !== "LoadBalancer" || spec.loadBalancerClass || metadata?.deletionTimestamp) return undefined;
  const annotations = metadata?.annotations ?? {};
  // MetalLB's own prefix, and the one from before, which counts where the other is missing.
  const metallb = (name: string) => annotations[`metallb.io/${name}`] ?? annotations[`${DEPRECATED_PREFIX}${name}`];
  return {
    key: keyOf(service),
    namespace: metadata?.namespace ?? "",
    held: addressesOf(service),
    heldFrom: annotations[FROM_POOL_ANNOTATION],
    asked: metallb("loadBalancerIPs") || undefined,
    askedInSpec: spec.loadBalancerIP || undefined,
    pool: metallb("address-pool") || undefined,
    sharingKey: metallb("allow-shared-ip") || undefined,
    backend: spec.externalTrafficPolicy === "Local" ? JSON.stringify(spec.selector ?? {}) : "",
    ports: (spec.ports ?? []).map(({ protocol, port }) => `${protocol ?? "TCP"}/${port}`),
    deprecated: Object.keys(annotations).filter((name) => name.startsWith(DEPRECATED_PREFIX)),
    refused: annotations[NO_ADDRESS_ANNOTATION] === "true",
  };
}
