import { isIP } from "node:net";
import type { SeenCluster, SeenNode, SeenService } from "../kubernetes/seen.ts";
import type { ClusterFacts, LiveNode, LiveService } from "./facts.ts";

/** Labels of nodes with an API server; the older one was K3s' until 1.24. (kubernetes.io: Well-Known Labels) */
const CONTROL_PLANE = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/** What the ways between pods are worked out of. In one order, so that the same cluster always makes the same policies. */
export function seenIn({ services, nodes }: Pick<ClusterFacts, "services" | "nodes">): SeenCluster {
  return {
    services: services?.map(service).sort(byName),
    nodes: nodes?.map(node).sort(byName),
  };
}

const byName = (one: { namespace?: string; name: string }, other: { namespace?: string; name: string }) =>
  `${one.namespace ?? ""}/${one.name}`.localeCompare(`${other.namespace ?? ""}/${other.name}`);

/** A headless Service has the text `None`, and a node may have none or a name: a policy with one of those is refused. */
const onlyAddresses = (texts: readonly string[]) => [...new Set(texts)].filter((text) => isIP(text) !== 0).sort();

function service({ metadata, spec, status }: LiveService): SeenService {
  const given = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  const own = [...(spec?.clusterIPs ?? []), spec?.clusterIP ?? "", ...(spec?.externalIPs ?? []), ...given];
  const selector = spec?.selector ?? {};
  return {
    namespace: metadata?.namespace ?? "",
    name: metadata?.name ?? "",
    type: spec?.type ?? "ClusterIP",
    addresses: onlyAddresses(own),
    ports: (spec?.ports ?? []).flatMap(({ port, targetPort, protocol, nodePort }) =>
      port === undefined
        ? []
        : [{ port, targetPort: targetPort ?? port, protocol: protocol === "UDP" ? "UDP" : "TCP", nodePort }],
    ),
    selector: Object.keys(selector).length > 0 ? selector : undefined,
    externalName: spec?.externalName,
  };
}

function node({ metadata, spec, status }: LiveNode): SeenNode {
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === "InternalIP" || type === "ExternalIP");
  const labels = metadata?.labels ?? {};
  return {
    name: metadata?.name ?? "",
    addresses: onlyAddresses(addresses.map(({ address }) => address ?? "")),
    podRanges: [...new Set([...(spec?.podCIDRs ?? []), ...(spec?.podCIDR === undefined ? [] : [spec.podCIDR])])].sort(),
    isControlPlane: CONTROL_PLANE.some((label) => label in labels),
  };
}
