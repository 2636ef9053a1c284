import { closest } from "fastest-levenshtein";
import type { Plan } from "../lab/plan.ts";
import type { ClusterCheck } from "./check.ts";

const HOST_NAME = "kubernetes.io/hostname";

/** A node that the stack file names. */
interface NamedNode {
  name: string;
  path: string;
}

/** Nodes that pods are kept on by name. Of those that images are carried to the delivery itself tells. (images/nodes.ts) */
function namedNodes({ cvat, functions, clearml }: Plan): NamedNode[] {
  const agent = clearml?.agent?.config;
  const selectors = [
    ...Object.entries(functions).map(([name, { config }]) => [`functions.${name}`, config.nodeSelector] as const),
    ...(agent
      ? [["clearml.agent", agent.nodeSelector] as const, ["clearml.agent.tasks", agent.tasks.nodeSelector] as const]
      : []),
  ];
  const node = cvat?.config.data.node;
  const data = node === undefined ? [] : [{ name: node, path: "cvat.data.node" }];
  return [
    ...data,
    ...selectors.flatMap(([path, selector]) => {
      const name = selector[HOST_NAME];
      return name === undefined ? [] : [{ name, path: `${path}.nodeSelector["${HOST_NAME}"]` }];
    }),
  ];
}

/** Pods that are kept on a node which is not there stay Pending, and `up` waits for them until its time is up. */
export const nodesAreThere: ClusterCheck = ({ nodes }, plan) => {
  if (nodes === undefined) return [];
  // Pods are kept by this label, which as a rule is the node's name.
  const there = nodes.flatMap(({ metadata }) => metadata?.labels?.[HOST_NAME] ?? metadata?.name ?? []);
  return namedNodes(plan)
    .filter(({ name }) => !there.includes(name))
    .map(({ name, path }) => ({
      severity: "refusal",
      path: `vision-platform:${path}`,
      message:
        there.length === 0
          ? `The cluster has no node \`${name}\`, and no other.`
          : `The cluster has no node \`${name}\`. Did you mean \`${closest(name, there)}\`? It has ${there.join(", ")}.`,
    }));
};
