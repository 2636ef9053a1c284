import { apiServer, Unreached, type Send } from "../../components/api-server.ts";
import type { ClusterAccess } from "../../components/cluster.ts";
import { kubeConfig } from "../../components/kube-config.ts";
import type { ClusterFacts } from "../../components/preflight/facts.ts";

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
  ingressClasses: "/apis/networking.k8s.io/v1/ingressclasses",
} as const satisfies Record<Exclude<keyof ClusterFacts, "uid">, string>;

/**
 * One look at the cluster, all lists side by side.
 * @throws Unreached when the API server does not answer or does not know the kubeconfig's user
 */
export async function lookAtCluster(access: ClusterAccess, send?: Send): Promise<Look> {
  const ask = send ?? apiServer(await kubeConfig(access));
  const unread: string[] = [];
  const read = async ([name, path]: [string, string]) => {
    const items = await list(ask, path);
    if (items === undefined) unread.push(name);
    return [name, items] as const;
  };
  const lists = Object.fromEntries(await Promise.all(Object.entries(LISTS).map(read))) as Omit<ClusterFacts, "uid">;
  const uid = lists.namespaces?.find(({ metadata }) => metadata?.name === "kube-system")?.metadata?.uid;
  return { facts: { uid, ...lists }, unread };
}

/** Items of a list; none where the cluster does not know the kind, `undefined` where this user may not read it. */
async function list(ask: Send, path: string): Promise<unknown[] | undefined> {
  const { status, text } = await ask({ method: "GET", path, timeoutMs: WITHIN_MS });
  if (status === 403) return undefined;
  if (status === 404) return [];
  if (status !== 200) throw new Unreached(`the API server answers ${status} to ${path}`, { status });
  return (JSON.parse(text) as { items: unknown[] }).items;
}
