const HOSTNAME = "kubernetes.io/hostname";

/** Keeps a pod on one node. */
export const onNode = (node: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: HOSTNAME, operator: "In", values: [node] }] }],
    },
  },
});

/**
 * Keeps a pod on the node of others, as long as there are any. The pod must have one of the values itself: only one that its own term fits may
 * begin where no other is. (kubernetes.io: Assigning Pods to Nodes, inter-pod affinity; kubernetes: interpodaffinity/filtering.go)
 */
export const besidePods = (label: string, values: readonly string[]) => ({
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      {
        labelSelector: { matchExpressions: [{ key: label, operator: "In", values: [...values] }] },
        topologyKey: HOSTNAME,
      },
    ],
  },
});
