const ASKING = ["metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs"];

/**
 * Annotations that ask MetalLB for one address. MetalLB takes `metallb.io/…` and, where that is missing, the older `metallb.universe.tf/…`;
 * releases before 0.15 know only the latter, so both are set. MetalLB 0.15 and later then says `deprecatedAnnotation` of the Service whenever
 * it writes there, which is no trouble. (metallb: controller/service.go, getDesiredLbIPs; addresses-and-kubernetes.md, C3)
 */
export function metalLbAnnotations(address: string): Record<string, string> {
  return Object.fromEntries(ASKING.map((name) => [name, address]));
}

/** What of a Service says which addresses it wants. */
export interface Asking {
  metadata?: { annotations?: Readonly<Record<string, string>> | null };
  spec?: unknown;
}

/** The addresses a Service asks for, by MetalLB's annotations or by `spec.loadBalancerIP`; none: it takes any. */
export function addressesAsked({ metadata, spec }: Asking): string[] {
  const annotated = ASKING.map((name) => metadata?.annotations?.[name]).find((text) => text !== undefined);
  const text = annotated ?? (spec as { loadBalancerIP?: string } | undefined)?.loadBalancerIP ?? "";
  return text
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
}
