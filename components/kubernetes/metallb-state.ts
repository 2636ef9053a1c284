import type { KubernetesObject } from "@kubernetes/client-node";

/** Where MetalLB says what it thinks of its configuration, since 0.16. (metallb: api/v1beta1/configurationstate_types.go) */
export const CONFIGURATION_STATES = "/apis/metallb.io/v1beta1/configurationstates";

/** What one part of MetalLB says of its configuration. */
export interface ConfigurationState extends KubernetesObject {
  status?: { result?: string; errorSummary?: string };
}

/** Label with the part that speaks: the controller, which gives addresses, or a node's speaker, which announces them. */
const PART = "metallb.io/component-type";

/**
 * Why the controller did not take the pools as they are now. One that it cannot read costs all: those from before stay in force, and no
 * event tells. (addresses-and-kubernetes.md, E)
 */
export function poolTrouble(states: readonly ConfigurationState[]): string | undefined {
  const invalid = states.find(
    ({ metadata, status }) => status?.result === "Invalid" && metadata?.labels?.[PART] !== "speaker",
  );
  return invalid && (invalid.status?.errorSummary ?? "it does not say why");
}
