import type { LabConfig } from "./config.ts";

/** The namespaces that the lab's systems lie in, each once. */
export function namespacesOf({ cvat, clearml }: LabConfig): string[] {
  const names = [
    ...(cvat.enabled ? [cvat.namespace] : []),
    ...(clearml.enabled ? [clearml.namespace] : []),
    ...(clearml.enabled && clearml.agent.enabled ? [clearml.agent.namespace] : []),
  ];
  return [...new Set(names)];
}
