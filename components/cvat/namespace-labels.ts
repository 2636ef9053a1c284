import { baselineLabels } from "../kubernetes/pod-security.ts";
import type { CvatConfig } from "./cvat-config.ts";

/** By docker, Nuclio's dashboard builds with the node's socket; other builders, and functions that others deployed, were not tried. */
export function cvatLabels({ values, nuclio }: CvatConfig): Record<string, string> {
  const isPlain = nuclio.containerBuilderKind === "kaniko" && Object.keys(nuclio.adoptedFunctions).length === 0;
  return isPlain || !nuclio.enabled ? baselineLabels(values) : {};
}
