import { Unreached } from "../../components/kubernetes/api-server.ts";
import type { ClusterAccess } from "../../components/kubernetes/cluster.ts";
import type { LabConfig } from "../../components/lab/sections.ts";
import { isMap } from "../../components/program/maps.ts";
import type { StateResource } from "../../components/program/state.ts";
import { lostSince, type Lost } from "../../components/preflight/same-cluster.ts";
import { knownCluster } from "../../components/preflight/state.ts";
import { lookAtCluster } from "../cluster/look.ts";
import { withoutLost } from "../engine/forget.ts";
import type { Accident } from "./finding.ts";

/** Whether the cluster that answers is the lab's. A wrong one answers "not found" to everything. */
export interface Identity {
  accidents: Accident[];
  /** URNs of what was lost with a cluster or a namespace. */
  lost: ReadonlySet<string>;
  /** Why nothing in the cluster can be read; undefined where it can. */
  unread: string | undefined;
  /** What was lost, for who makes it again; undefined where nothing was. */
  losses: Lost | undefined;
  /** UID of the cluster that answers now. */
  uid: string | undefined;
}

/** Looks by the stack file's kubeconfig, and by that of the last `up`, with which the engine reads. */
export async function identify(lab: LabConfig, state: readonly StateResource[]): Promise<Identity> {
  const known = knownCluster(state);
  const nothing = { accidents: [], lost: new Set<string>(), losses: undefined, uid: undefined };
  const [own, former] = [lab.cluster, accessOfState(state)];
  for (const access of isSame(own, former) ? [own] : [own, former]) {
    const facts = await factsOf(access);
    if (facts instanceof Unreached) return { ...nothing, unread: facts.message };
    if (known.uid !== undefined && facts.uid === undefined)
      return {
        ...nothing,
        unread: "the kubeconfig's user may not list namespaces, so it is not certain that this is the lab's cluster",
      };
    const losses = lostSince(facts, known);
    if (losses.cluster || losses.namespaces.length > 0) {
      const left = new Set(withoutLost(state, losses).map(({ urn }) => urn));
      const lost = new Set(state.map(({ urn }) => urn).filter((urn) => !left.has(urn)));
      return {
        accidents: accidentsOf(losses, facts.uid, known.uid, lost.size),
        lost,
        unread: undefined,
        losses,
        uid: facts.uid,
      };
    }
  }
  return { ...nothing, unread: undefined, uid: known.uid };
}

async function factsOf(access: ClusterAccess) {
  try {
    return (await lookAtCluster(access)).facts;
  } catch (error) {
    if (error instanceof Unreached) return error;
    throw error;
  }
}

/** How the engine reaches the cluster where no program runs. */
function accessOfState(state: readonly StateResource[]): ClusterAccess {
  const provider = state.find(({ type }) => type === "pulumi:providers:kubernetes");
  const { kubeconfig, context } = isMap(provider?.outputs) ? provider.outputs : {};
  return {
    ...(typeof kubeconfig === "string" && !kubeconfig.includes("\n") && { kubeconfig }),
    ...(typeof context === "string" && { context }),
  };
}

const isSame = (one: ClusterAccess, other: ClusterAccess) =>
  one.kubeconfig === other.kubeconfig && one.context === other.context;

function accidentsOf({ cluster, namespaces }: Lost, now?: string, before?: string, count = 0): Accident[] {
  if (cluster)
    return [
      {
        kind: "cluster",
        text: `Another cluster answers than the one the lab was brought up in (its kube-system has the UID ${now}, not ${before}): it was rebuilt, or the kubeconfig or its context names another.`,
        count,
      },
    ];
  const names = namespaces.map(({ name }) => name).join(" and ");
  const gone = namespaces.every((namespace) => namespace.gone);
  const were = namespaces.length === 1 ? "Namespace" : "Namespaces";
  return [
    {
      kind: "namespace",
      text: `${were} ${names} ${namespaces.length === 1 ? "was" : "were"} deleted${gone ? "" : ", and somebody made another of this name"}, with all that the lab had there: ${count} objects and records, and the data in its volumes.`,
      count,
    },
  ];
}
