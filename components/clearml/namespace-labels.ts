import { baselineLabels } from "../kubernetes/pod-security.ts";
import type { ClearmlConfig } from "./clearml-config.ts";

/** The container that sets vm.max_map_count is privileged, and the only one. */
export function clearmlLabels({ elasticsearch, values }: ClearmlConfig): Record<string, string> {
  return elasticsearch.sysctlInit ? {} : baselineLabels(values);
}
