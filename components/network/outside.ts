import type { BackupConfig } from "../backup/backup-config.ts";
import type { CvatConfig } from "../cvat/cvat-config.ts";
import type { CvatPlan } from "../cvat/plan.ts";
import { calledUrls } from "../cvat/values.ts";
import type { SeenCluster, SeenNode } from "../kubernetes/seen.ts";
import type { FunctionPlan } from "../nuclio/plan.ts";
import { issuerForPods } from "../sso/issuer.ts";
import type { SsoConfig } from "../sso/sso-config.ts";
import { ofUrl } from "../storage/endpoint.ts";
import type { StorePlan } from "../storage/plan.ts";
import type { TraefikConfig } from "../traefik/traefik-config.ts";
import { inNamespace, oneAddress, podsIn, podsOf, tcp, type End, type Peer } from "./ends.ts";
import type { NetworkConfig } from "./network-config.ts";
import { endsOf, endsOfRange, isWithin, type Place } from "./places.ts";
import type { Outside } from "./policies.ts";
import { gatewaysOf } from "./tunnels.ts";

/** What of a lab says who is at the other end of its ways. */
export interface OutsideInput {
  network: NetworkConfig;
  traefik: TraefikConfig;
  cvat: CvatPlan | undefined;
  sso: SsoConfig | undefined;
  functions: Readonly<Record<string, FunctionPlan>>;
  store: StorePlan | undefined;
  backup: Pick<BackupConfig, "notify"> | undefined;
  seen: SeenCluster | undefined;
}

/** Everybody who is no pod of the lab. */
export function outsideOf(input: OutsideInput): Outside {
  const { network, traefik, cvat, store, backup, seen } = input;
  const config = cvat?.config;
  const toAll = (places: readonly Place[], own: string) => places.flatMap((place) => endsOf(place, own, seen));
  const own = config?.namespace ?? "";
  const internet = internetOf(seen?.nodes ?? []);
  return {
    from: {
      anybody: "any",
      edge: edgeOf(traefik, config, network, seen?.nodes),
      apiServer: seen?.nodes === undefined ? "any" : callsOfApiServer(seen.nodes),
      ...(config?.nuclio.registry && { builders: [builders(config.namespace)] }),
    },
    to: {
      dns: dnsOf(seen),
      apiServer: apiServerOf(seen),
      internet,
      // Who it is, is a secret, and a policy is none.
      notified: backup?.notify.url === undefined ? [] : internet,
      alsoTo: network.alsoTo.flatMap((range) => endsOfRange(range, seen)),
      store: store ? toAll([store.pods], own) : [],
      storeOfPeople: store?.people ? toAll([store.people], own) : [],
      ...(config && {
        ...externalsOf(config, toAll),
        allowed: [
          ...toAll(allowedPlaces(config), own),
          ...config.smokescreen.allowRanges.flatMap((range) => endsOfRange(range, seen)),
        ],
        sources: toAll(sourcesOf(input), own),
        issuer: input.sso ? toAll([ofUrl(issuerForPods(input.sso))], own) : [],
      }),
    },
  };
}

/** The edge's pods, wherever they are in their namespace; on their nodes' network no label selects them. */
function edgeOf(
  traefik: TraefikConfig,
  cvat: CvatConfig | undefined,
  { alsoFrom, edgeOnNodes }: NetworkConfig,
  nodes: readonly SeenNode[] = [],
): Peer[] {
  const { edge, gateway } = cvat?.ingress ?? {};
  const namespaces = [
    traefik.namespace,
    // Where its own chart puts it. (kubernetes/ingress-nginx: deploy/README.md)
    ...(edge === "ingress-nginx" ? ["ingress-nginx"] : []),
    ...(edge === "gateway" && gateway ? [gateway.namespace] : []),
    ...alsoFrom,
  ];
  return [...[...new Set(namespaces)].map(podsIn), ...(edgeOnNodes ? nodes.flatMap(callersOf) : [])];
}

/** Where a call of a node's own processes comes from. */
function callersOf({ addresses, podRanges }: SeenNode): Peer[] {
  return [...addresses, ...podRanges.flatMap(gatewaysOf)].map(oneAddress);
}

const controlPlane = (nodes: readonly SeenNode[]) => nodes.filter(({ isControlPlane }) => isControlPlane);

/** From the nodes that have it, or all, where none says so: another has it then, or somebody else. */
function callsOfApiServer(nodes: readonly SeenNode[]): Peer[] {
  const marked = controlPlane(nodes);
  return (marked.length > 0 ? marked : nodes).flatMap(callersOf);
}

/** Where a call to `kubernetes.default` comes out: on a node, by the port that the API server has there, 6443 on K3s. */
function apiServerOf(seen: SeenCluster | undefined): End[] {
  const service = seen?.services?.find(({ namespace, name }) => namespace === "default" && name === "kubernetes");
  const ports = (service?.ports.map(({ targetPort }) => targetPort) ?? [443, 6443]).map(tcp);
  const addresses = controlPlane(seen?.nodes ?? []).flatMap((node) => node.addresses.map(oneAddress));
  return [{ peers: addresses.length > 0 ? addresses : "any", ports }];
}

/** Address of the cache of names on each node, where there is one. (kubernetes.io: NodeLocal DNSCache) */
const CACHE_ON_NODES = "169.254.20.10";

function dnsOf(seen: SeenCluster | undefined): End[] {
  const service = seen?.services?.find(({ namespace, name }) => namespace === "kube-system" && name === "kube-dns");
  const both = (port: number | string) => [tcp(port), { protocol: "UDP" as const, port }];
  const usual = podsOf("kube-system", service?.selector ?? { "k8s-app": "kube-dns" });
  const ports = new Set([53, ...(service?.ports ?? []).filter(({ port }) => port === 53).map((one) => one.targetPort)]);
  return [{ peers: [usual, oneAddress(CACHE_ON_NODES)], ports: [...ports].flatMap(both) }];
}

/** What is nobody's on the internet: private networks, those of carriers, what is a machine's own. (RFC 6890) */
const NOT_PUBLIC = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
] as const;
const NOT_PUBLIC_6 = ["fc00::/7", "fe80::/10"] as const;

/** Public addresses, without those that the cluster uses itself. What is private anyway is left out, so that a new node changes nothing. */
function internetOf(nodes: readonly SeenNode[]): End[] {
  const own = nodes.flatMap(({ podRanges, addresses }) => [
    ...podRanges,
    ...addresses.map((address) => oneAddress(address).ipBlock?.cidr ?? ""),
  ]);
  const except = (usual: readonly string[], isSix: boolean) => [
    ...new Set([...usual, ...own.filter((range) => range.includes(":") === isSix && !isWithin(range, usual))]),
  ];
  const peers: Peer[] = [
    { ipBlock: { cidr: "0.0.0.0/0", except: except(NOT_PUBLIC, false) } },
    { ipBlock: { cidr: "::/0", except: except(NOT_PUBLIC_6, true) } },
  ];
  return [{ peers, ports: "any" }];
}

/** Services that somebody else runs in the place of the chart's. */
function externalsOf(
  { namespace, postgresql, redis, kvrocks, analytics, nuclio }: CvatConfig,
  toAll: (places: readonly Place[], own: string) => End[],
): Outside["to"] {
  const at = (external: { host: string; port: number } | undefined) => (external ? toAll([external], namespace) : []);
  return {
    postgresql: at(postgresql.external),
    queues: at(redis.external),
    cache: at(kvrocks.external),
    clickhouse: at(analytics.enabled ? analytics.clickhouse.external : undefined),
    dashboard: at(nuclio.external),
  };
}

/** What the stack file names to CVAT as servers of others. CVAT's proxy lets addresses through; names it looks at itself. */
function allowedPlaces(config: CvatConfig): Place[] {
  const addresses = config.smokescreen.allowAddresses.map((text) => {
    const [host = "", port] = text.split(":");
    return { host, port: port === undefined ? undefined : Number(port) };
  });
  const all = [...calledUrls(config).map(ofUrl), ...addresses];
  return [...new Map(all.map((place) => [`${place.host}:${place.port ?? ""}`, place])).values()];
}

/** Where the code of functions is that are built. */
function sourcesOf({ functions }: OutsideInput): Place[] {
  const urls = Object.values(functions).flatMap(({ config }) => config.build?.source.url ?? []);
  return urls.map(ofUrl);
}

/**
 * Pods that kaniko runs in: of a Job, and without a name of an application, or of who makes them, one of which all Jobs of the lab have. (nuclio:
 * pkg/containerimagebuilderpusher/kaniko.go gives them no label; nuclio.md, 7)
 */
const builders = (namespace: string): Peer => ({
  namespaceSelector: inNamespace(namespace),
  podSelector: {
    matchExpressions: [
      { key: "batch.kubernetes.io/job-name", operator: "Exists" },
      { key: "app", operator: "DoesNotExist" },
      { key: "app.kubernetes.io/name", operator: "DoesNotExist" },
      // What `dataset … --in-cluster` makes. (automation/data/in-cluster/job.ts)
      { key: "app.kubernetes.io/managed-by", operator: "DoesNotExist" },
    ],
  },
});
