/**
 * Annotations that ask MetalLB for one address. MetalLB takes `metallb.io/…` and, where that is missing, the older `metallb.universe.tf/…`;
 * releases before 0.15 know only the latter. (metallb: controller/service.go, getDesiredLbIPs)
 */
export function metalLbAnnotations(address: string): Record<string, string> {
  return { "metallb.io/loadBalancerIPs": address, "metallb.universe.tf/loadBalancerIPs": address };
}
