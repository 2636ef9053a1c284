/**
 * Annotations that give a LoadBalancer Service one address of MetalLB's pools.
 * Both names are written: MetalLB reads `metallb.io` since 0.14.9 and prefers it to the old one (controller/service.go, valueForAnnotation),
 * older releases know the old one alone.
 */
export function metallbAddress(address: string): Record<string, string> {
  return { "metallb.io/loadBalancerIPs": address, "metallb.universe.tf/loadBalancerIPs": address };
}
