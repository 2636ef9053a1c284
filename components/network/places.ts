import { BlockList, isIP } from "node:net";
import type { SeenCluster, SeenPort, SeenService } from "../kubernetes/seen.ts";
import { oneAddress, podsIn, podsOf, tcp, type End } from "./ends.ts";

/** A server that somebody else runs, as pods call it. */
export interface Place {
  /** An address, as URLs have it too, a name of a Service, or a name outside. */
  host: string;
  /** Undefined: any. */
  port: number | undefined;
}

/**
 * Where a call to a server comes out. Policies see a packet after it was sent on from a Service's address to a pod and the pod's port, so the
 * pods behind the Service are opened, on the port they have. (kubernetes.io: Network Policies, ipBlock; kube-proxy sends on before)
 * @param own namespace of the pods that call: a name without a dot is a Service of theirs
 */
export function endsOf({ host: written, port }: Place, own: string, seen: SeenCluster | undefined): End[] {
  const services = seen?.services;
  const host = written.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0) {
    const address: End = { peers: [oneAddress(host)], ports: portsOf(port) };
    if (services === undefined) return [address, { peers: [{ namespaceSelector: {} }], ports: portsOf(port) }];
    const behindIt = services
      .filter((one) => one.addresses.includes(host))
      .flatMap((one) => behind(one, portsAt(one, port)));
    // Where nodes may not be listed, the port alone tells.
    const isNode = seen?.nodes?.some(({ addresses }) => addresses.includes(host)) ?? port !== undefined;
    return [address, ...behindIt, ...(isNode ? services.flatMap((one) => behindNodes(one, port)) : [])];
  }
  const name = serviceName(host, own, services);
  return name === undefined ? outside(port, services) : inside(name, port, own, seen);
}

/** Every server of a range, and what is behind Services whose addresses are in it. */
export function endsOfRange(range: string, seen: SeenCluster | undefined): End[] {
  const isThere = ({ addresses }: { addresses: readonly string[] }) => addresses.some((one) => isWithin(one, [range]));
  const services = seen?.services ?? [];
  const isOfNodes = seen?.nodes?.some(isThere) === true;
  return [
    { peers: [{ ipBlock: { cidr: range } }], ports: "any" },
    ...services.flatMap((one) =>
      isThere(one) ? behind(one, one.ports) : isOfNodes ? behindNodes(one, undefined) : [],
    ),
  ];
}

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** Whether an address, or where a range begins, is in one of the ranges. */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", bits] = range.split("/");
    list.addSubnet(network, Number(bits), familyOf(network));
  }
  const [first = ""] = address.split("/");
  return list.check(first, familyOf(first));
}

interface ServiceName {
  name: string;
  namespace: string;
}

/** The Service that a name means to a pod; undefined: it is none of the cluster's. (kubernetes.io: DNS for Services and Pods) */
function serviceName(host: string, own: string, services: readonly SeenService[] | undefined): ServiceName | undefined {
  const [name = "", namespace, kind] = host.split(".");
  if (namespace === undefined) return { name, namespace: own };
  if (kind === "svc") return { name, namespace };
  const isThere = services?.some((one) => one.name === name && one.namespace === namespace) === true;
  return kind === undefined && isThere ? { name, namespace } : undefined;
}

function inside(
  { name, namespace }: ServiceName,
  port: number | undefined,
  own: string,
  seen: SeenCluster | undefined,
): End[] {
  const service = seen?.services?.find((one) => one.name === name && one.namespace === namespace);
  // Which port its pods have is not known before it is there.
  if (service === undefined) return [{ peers: [podsIn(namespace)], ports: "any" }];
  const { externalName } = service;
  return externalName !== undefined && externalName !== name
    ? endsOf({ host: externalName, port }, own, seen)
    : behind(service, portsAt(service, port));
}

const portsAt = ({ ports }: SeenService, port: number | undefined) =>
  ports.filter((one) => port === undefined || one.port === port);

/** What a node's own port leads to, which kube-proxy sends on as it does a Service's address. (kubernetes.io: Service, type NodePort) */
const behindNodes = (service: SeenService, port: number | undefined): End[] =>
  behind(
    service,
    service.ports.filter(({ nodePort }) => nodePort !== undefined && (port === undefined || nodePort === port)),
  );

/** The pods behind a Service, by some of its ports. What is no pod may have any address. */
function behind({ namespace, selector }: SeenService, wanted: readonly SeenPort[]): End[] {
  if (wanted.length === 0) return [];
  return [
    {
      peers: selector === undefined ? "any" : [podsOf(namespace, selector)],
      ports: wanted.map(({ protocol, targetPort }) => ({ protocol, port: targetPort })),
    },
  ];
}

/**
 * A name outside may be anybody's, and may lead back to a Service of this cluster that has an address outside, such as the edge's: kube-proxy sends
 * such a call straight on to its pods.
 */
function outside(port: number | undefined, services: readonly SeenService[] | undefined): End[] {
  const published = (services ?? []).filter(({ type }) => type === "LoadBalancer" || type === "NodePort");
  return [
    { peers: "any", ports: portsOf(port) },
    ...published.flatMap((one) => [...behind(one, portsAt(one, port)), ...behindNodes(one, port)]),
  ];
}

const portsOf = (port: number | undefined): End["ports"] => (port === undefined ? "any" : [tcp(port)]);
