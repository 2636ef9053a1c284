import { agentLabels } from "../clearml/agent/namespace-labels.ts";
import { clearmlLabels } from "../clearml/namespace-labels.ts";
import { cvatLabels } from "../cvat/namespace-labels.ts";
import type { LabConfig } from "./sections.ts";

/** A namespace that one of the lab's systems lies in. */
export interface LabNamespace {
  name: string;
  /** Key of the stack file that names it. */
  path: string;
  /** Labels that this program gives it. */
  labels: Readonly<Record<string, string>>;
}

/** The namespaces that the lab's systems lie in. */
export function labNamespaces({ cvat, clearml }: LabConfig): LabNamespace[] {
  const { agent } = clearml;
  return [
    ...(cvat.enabled
      ? [{ name: cvat.namespace, path: "vision-platform:cvat.namespace", labels: cvatLabels(cvat) }]
      : []),
    ...(clearml.enabled
      ? [{ name: clearml.namespace, path: "vision-platform:clearml.namespace", labels: clearmlLabels(clearml) }]
      : []),
    ...(clearml.enabled && agent.enabled
      ? [{ name: agent.namespace, path: "vision-platform:clearml.agent.namespace", labels: agentLabels(agent) }]
      : []),
  ];
}

/** Their names, each once. */
export function namespacesOf(lab: LabConfig): string[] {
  return [...new Set(labNamespaces(lab).map(({ name }) => name))];
}
