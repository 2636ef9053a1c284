import type { LabConfig } from "../lab/sections.ts";
import type { Finding } from "./check.ts";
import type { ClusterFacts } from "./facts.ts";
import type { KnownCluster } from "./state.ts";

/** What the state believes to be there and is not. */
export interface Lost {
  /** The whole cluster: the kubeconfig reaches another one. */
  cluster: boolean;
  /** Namespaces that are gone, or that somebody made again. */
  namespaces: readonly { name: string; gone: boolean }[];
}

/** What was lost since the last run. What may not be read is taken for what it was. */
export function lostSince({ uid, namespaces }: Pick<ClusterFacts, "uid" | "namespaces">, known: KnownCluster): Lost {
  const cluster = known.uid !== undefined && uid !== undefined && known.uid !== uid;
  const made = known.objects.filter(
    (object) => object.kind === "Namespace" && !object.isPatch && object.uid !== undefined,
  );
  if (namespaces === undefined) return { cluster, namespaces: [] };
  const lost = made.flatMap((object) => {
    const live = namespaces.find(({ metadata }) => metadata?.name === object.name)?.metadata;
    const isOurs = live?.uid === object.uid;
    if (isOurs && live?.deletionTimestamp === undefined) return [];
    return [{ name: object.name, gone: isOurs || live === undefined }];
  });
  return { cluster, namespaces: lost };
}

/** What the verb does about what is lost, when it is told so. */
const WAYS = {
  up: "to make the lab anew, run up with --forget-lost",
  destroy: "to let go of it, run destroy with --forget-lost",
} as const;

/**
 * A lab in another cluster, or in a namespace that is another, is not there: an `up` would believe the state and wait for it, a destroy
 * take down a lab in a cluster that nobody named.
 */
export function clusterIsTheSame(
  facts: ClusterFacts,
  lab: LabConfig,
  known: KnownCluster,
  verb: keyof typeof WAYS = "up",
): Finding[] {
  const { cluster, namespaces } = lostSince(facts, known);
  if (cluster) {
    return [
      {
        severity: "refusal",
        path: "vision-platform:cluster",
        message: `This is another cluster than the one the lab was brought up in: its kube-system has the UID ${facts.uid}, not ${known.uid}. It was rebuilt, or the kubeconfig or its context is another. Name the old one again (kubeconfig, context). Or, ${WAYS[verb]}: the state lets go of all that lay in the old cluster, and what is there stays as it is.`,
      },
    ];
  }
  return namespaces.map(({ name, gone }) => ({
    severity: "refusal",
    path: keyOf(name, lab),
    message: `Namespace ${name}, which this stack made, ${gone ? "is gone" : "was deleted, and somebody made another of this name"}: what the stack had in it is lost, its volumes too.${known.uid === undefined ? " Or the kubeconfig or its context names another cluster: then name the old one." : ""} If that is meant: ${WAYS[verb]}.`,
  }));
}

function keyOf(namespace: string, { cvat, clearml }: LabConfig): string {
  if (namespace === cvat.namespace) return "vision-platform:cvat.namespace";
  if (namespace === clearml.namespace) return "vision-platform:clearml.namespace";
  return namespace === clearml.agent.namespace ? "vision-platform:clearml.agent.namespace" : "vision-platform:cluster";
}
