import type { Workload } from "../charts/workloads.ts";
import { podsOf, tcp, type End, type Peer, type Port } from "./ends.ts";
import type { NetworkConfig } from "./network-config.ts";
import { partiesOf, type PartyName } from "./parties.ts";
import type { Way } from "./ways.ts";

/** Parties that are no pods of this lab. Who is left out takes no part. */
export interface Outside {
  /** From where they call. `any`: from anywhere. */
  from: Partial<Record<PartyName, readonly Peer[] | "any">>;
  /** Where a call to them comes out. */
  to: Partial<Record<PartyName, readonly End[]>>;
}

/** Spec of a NetworkPolicy. A list that is missing in a rule means everybody or everything, so none is ever empty. */
export interface PolicySpec {
  podSelector: { matchLabels: Readonly<Record<string, string>> };
  policyTypes: ["Ingress", "Egress"];
  ingress: { from?: readonly Peer[]; ports?: readonly Port[] }[];
  egress: { to?: readonly Peer[]; ports?: readonly Port[] }[];
}

export interface Policy {
  name: string;
  namespace: string;
  spec: PolicySpec;
}

/** A policy for each workload that the ways know: it closes its pods in both directions, but for the ways. */
export function policiesOf(
  ways: readonly Way[],
  workloads: readonly Workload[],
  outside: Outside,
  { internet, inPath = false }: Pick<NetworkConfig, "internet"> & { inPath?: boolean },
): Policy[] {
  const open = ways.filter(
    (way) => (way.internet === undefined || internet.includes(way.internet)) && (!way.inPath || inPath),
  );
  const known = workloads.filter(({ name }) => partiesOf(name).length > 0);
  return known.map((workload) => {
    const own = partiesOf(workload.name);
    const isOne = (parties: readonly PartyName[]) => parties.some((party) => own.includes(party));
    return {
      name: `${workload.name}-ways`,
      namespace: workload.namespace,
      spec: {
        podSelector: { matchLabels: workload.labels },
        policyTypes: ["Ingress", "Egress"],
        ingress: open.filter(({ to }) => isOne(to)).flatMap((way) => waysIn(way, workload, known, outside)),
        egress: open.filter(({ from }) => isOne(from)).flatMap((way) => waysOut(way, workload, known, outside)),
      },
    };
  });
}

function waysIn(way: Way, workload: Workload, all: readonly Workload[], { from }: Outside): PolicySpec["ingress"] {
  const ports = portsOf(workload, way);
  if (ports.length === 0) return [];
  const peers = podsAmong(way.from, all).map((one) => peerOf(one, workload));
  for (const party of way.from) {
    const others = from[party] ?? [];
    if (others === "any") return [{ ports }];
    peers.push(...others);
  }
  return peers.length === 0 ? [] : [{ from: peers, ports }];
}

function waysOut(way: Way, workload: Workload, all: readonly Workload[], { to }: Outside): PolicySpec["egress"] {
  const ends = [
    ...podsAmong(way.to, all).map((one): End => ({ peers: [peerOf(one, workload)], ports: portsOf(one, way) })),
    ...way.to.flatMap((party) => to[party] ?? []),
  ];
  return ends
    .filter(({ peers, ports }) => peers.length > 0 && ports.length > 0)
    .map(({ peers, ports }) => ({
      ...(peers !== "any" && { to: peers }),
      ...(ports !== "any" && { ports }),
    }));
}

const podsAmong = (parties: readonly PartyName[], all: readonly Workload[]) =>
  all.filter(({ name }) => partiesOf(name).some((party) => parties.includes(party)));

/** Pods as seen from others: of the own namespace without its name. */
function peerOf({ namespace, labels }: Workload, seenFrom: Workload): Peer {
  return namespace === seenFrom.namespace ? { podSelector: { matchLabels: labels } } : podsOf(namespace, labels);
}

function portsOf({ ports }: Workload, { port }: Way): Port[] {
  const wanted = ports.filter(({ name }) => port === undefined || name === port);
  return [...new Set(wanted.map((one) => one.port))].map(tcp);
}
