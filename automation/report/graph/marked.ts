import type { Step } from "../../engine/steps.ts";
import type { Finding } from "../findings/finding.ts";
import type { GraphNode, LabGraph, Mark } from "./graph.ts";
import { placeOf } from "./places.ts";

/** The graph with what a preview would do to each part. Parts that go, and so are in no stack file any more, stand in it as well. */
export function marked(graph: LabGraph, steps: readonly Step[], findings: readonly Finding[]): LabGraph {
  const careful = new Set(findings.filter(({ severity }) => severity === "careful").map(({ object }) => object));
  const changing = new Map<string, { node: GraphNode; steps: Step[] }>();
  const staying = new Set<string>();
  for (const step of steps) {
    const node = placeOf(step);
    const known = changing.get(node.id);
    if (step.change === undefined) staying.add(node.id);
    else if (known) known.steps.push(step);
    else changing.set(node.id, { node, steps: [step] });
  }
  const nodes = [
    ...graph.nodes,
    ...[...changing.values()].map(({ node }) => node).filter(({ id }) => !graph.nodes.some((one) => one.id === id)),
  ];
  return {
    nodes: nodes.map((node) => {
      const own = changing.get(node.id)?.steps;
      return own
        ? { ...node, mark: markOf(own, staying.has(node.id), careful), lines: [...node.lines, extentOf(own)] }
        : node;
    }),
    edges: graph.edges,
  };
}

function markOf(steps: readonly Step[], isThereAndStays: boolean, careful: ReadonlySet<string>): Mark {
  const all = (...wanted: string[]) =>
    !isThereAndStays && steps.every(({ change }) => change && wanted.includes(change.operation));
  if (steps.some(({ kind, short }) => careful.has(`${kind} ${short}`))) return "careful";
  if (all("create", "import")) return "added";
  return all("delete", "keep") ? "removed" : "changed";
}

/** `2 to update, 1 to create`. */
function extentOf(steps: readonly Step[]): string {
  const counts = new Map<string, number>();
  for (const { change } of steps) if (change) counts.set(change.operation, (counts.get(change.operation) ?? 0) + 1);
  return [...counts].map(([operation, count]) => `${count} to ${operation}`).join(", ");
}
