import { apiServer, listOf, type Send } from "../../components/kubernetes/api-server.ts";
import type { ClusterAccess } from "../../components/kubernetes/cluster.ts";
import { CONFIGURATION_STATES } from "../../components/kubernetes/metallb-state.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import type { ClusterFacts, LiveSecret } from "../../components/preflight/facts.ts";

/** What was read of the cluster, and what was not. */
export interface Look {
  facts: ClusterFacts;
  /** What the kubeconfig's user may not read, as a person calls it: `nodes`. */
  unread: string[];
}

const WITHIN_MS = 10_000;

/** Where each list lies. A kind of somebody's definition may be unknown to the cluster, which then has none. */
const LISTS = {
  namespaces: "/api/v1/namespaces",
  nodes: "/api/v1/nodes",
  services: "/api/v1/services",
  claims: "/api/v1/persistentvolumeclaims",
  ingressClasses: "/apis/networking.k8s.io/v1/ingressclasses",
  storageClasses: "/apis/storage.k8s.io/v1/storageclasses",
  addressPools: "/apis/metallb.io/v1beta1/ipaddresspools",
  configurationStates: CONFIGURATION_STATES,
  // (k3s: pkg/cloudprovider/servicelb.go, svcNameLabel)
  serviceLb: `/apis/apps/v1/daemonsets?labelSelector=${encodeURIComponent("svccontroller.k3s.cattle.io/svcname")}`,
} as const satisfies Record<Exclude<keyof ClusterFacts, NotListed>, string>;

const GATEWAYS = {
  gateways: "/apis/gateway.networking.k8s.io/v1/gateways",
  gatewayClasses: "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
};

/** What is no list, and the lists that are read for some labs only. */
type ForSome = "pods" | "gateways" | "gatewayClasses";
type NotListed = "uid" | "kubernetes" | "unknownKinds" | "tlsSecrets" | "serviceSecrets" | ForSome;
type Lists = Omit<ClusterFacts, NotListed> & Partial<Pick<ClusterFacts, ForSome>>;

interface Named {
  namespace: string;
  name: string;
}

export interface LookOptions {
  /** Sends the requests. Default: to the kubeconfig's API server. */
  send?: Send;
  /** Secrets of CVAT's certificate, of which only these are read. Default: none is looked for. */
  tlsSecrets?: readonly Named[];
  /** Secrets of services that somebody else runs, of which only these are read. Default: none is looked for. */
  serviceSecrets?: readonly Named[];
  /** Whether the pods of every namespace are read. Default: they are not. */
  pods?: boolean;
  /** Whether Gateways and their classes are read. Default: they are not. */
  gateways?: boolean;
}

/**
 * One look at the cluster, all lists side by side.
 * @throws Unreached when the API server does not answer or does not know the kubeconfig's user
 */
export async function lookAtCluster(
  access: ClusterAccess,
  { send, tlsSecrets = [], serviceSecrets = [], pods, gateways }: LookOptions = {},
): Promise<Look> {
  const ask = send ?? apiServer(await kubeConfig(access));
  const unread: string[] = [];
  const unknownKinds: string[] = [];
  const read = async ([name, path]: [string, string]) => {
    const found = await listOf(ask, path, WITHIN_MS);
    if ("items" in found) return [name, found.items] as const;
    (found.lacks === "right" ? unread : unknownKinds).push(name);
    return [name, found.lacks === "right" ? undefined : []] as const;
  };
  const paths = {
    ...LISTS,
    ...(pods && { pods: "/api/v1/pods" }),
    ...(gateways && GATEWAYS),
  };
  const readNamed = async (secrets: readonly Named[]) => {
    const found = await Promise.all(secrets.map((one) => read([`Secret ${one.name}`, pathOf(one)])));
    const isReadable = found.length > 0 && found.every(([, items]) => items !== undefined);
    return isReadable ? (found.flatMap(([, items]) => items ?? []) as LiveSecret[]) : undefined;
  };
  const [entries, kubernetes, ofCertificate, ofServices] = await Promise.all([
    Promise.all(Object.entries(paths).map(read)),
    versionOf(ask),
    readNamed(tlsSecrets),
    readNamed(serviceSecrets),
  ]);
  const lists = Object.fromEntries(entries) as unknown as Lists;
  const uid = lists.namespaces?.find(({ metadata }) => metadata?.name === "kube-system")?.metadata?.uid;
  const forSome = { pods: undefined, gateways: undefined, gatewayClasses: undefined };
  const facts = { ...forSome, tlsSecrets: ofCertificate, serviceSecrets: ofServices, ...lists };
  return { facts: { ...facts, uid, kubernetes, unknownKinds }, unread };
}

/** The version of Kubernetes: `v1.36.3+k3s1`; undefined where the API server does not say. */
export async function versionOf(send: Send): Promise<string | undefined> {
  const { status, text } = await send({ method: "GET", path: "/version", timeoutMs: WITHIN_MS });
  if (status !== 200) return undefined;
  const { gitVersion } = JSON.parse(text) as { gitVersion?: unknown };
  return typeof gitVersion === "string" ? gitVersion : undefined;
}

function pathOf({ namespace, name }: { namespace: string; name: string }): string {
  const path = ["", "api", "v1", "namespaces", namespace, "secrets"].map(encodeURIComponent).join("/");
  return `${path}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
}
