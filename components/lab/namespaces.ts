import type { LabConfig } from "./sections.ts";
import { baselineLabels } from "../kubernetes/pod-security.ts";

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

/** By docker, Nuclio's dashboard builds with the node's socket; other builders, and functions that others deployed, were not tried. */
export function cvatLabels({ values, nuclio }: LabConfig["cvat"]): Record<string, string> {
  const isPlain = nuclio.containerBuilderKind === "kaniko" && Object.keys(nuclio.adoptedFunctions).length === 0;
  return isPlain || !nuclio.enabled ? baselineLabels(values) : {};
}

/** The container that sets vm.max_map_count is privileged, and the only one. */
export function clearmlLabels({ elasticsearch, values }: LabConfig["clearml"]): Record<string, string> {
  return elasticsearch.sysctlInit ? {} : baselineLabels(values);
}

/** Tasks run other people's images: with this label none of them gets at its node. */
export const agentLabels = ({ values }: LabConfig["clearml"]["agent"]) => baselineLabels(values);
