import { isIPv4 } from "node:net";

/**
 * Addresses that a node itself has in its range of pods: Flannel's device has the first (vxlan, wireguard), its bridge the second. A process of the
 * node, such as the API server, calls a pod of another node from the one, and a pod of its own from the other; with host-gw it calls from the node's
 * own address. (projectcalico/calico#1987: "always 10.1.x.0"; flannel: pkg/backend/vxlan/vxlan.go, RegisterNetwork; cni: plugins/main/bridge)
 * @param range `10.42.1.0/24`
 */
export function gatewaysOf(range: string): string[] {
  const [network = ""] = range.split("/");
  if (isIPv4(network)) {
    const bytes = network.split(".").map(Number);
    return [network, [...bytes.slice(0, 3), (bytes[3] ?? 0) + 1].join(".")];
  }
  return [network, `${network}1`];
}
