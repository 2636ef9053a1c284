// Kubernetes' Pod Security levels. (kubernetes.io: Pod Security Standards; measured on 1.35 and 1.36: addresses-and-kubernetes.md, H)

/** What level `restricted` asks of a container, besides a user that is not root. */
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** The label of a namespace by which the API server refuses pods beyond a level. */
export const ENFORCE = "pod-security.kubernetes.io/enforce";

/** Fields by which a pod gets at its node, which level `baseline` refuses. */
const BEYOND_BASELINE =
  /"(hostPath|hostNetwork|hostPID|hostIPC|hostPort|privileged|procMount|seLinuxOptions|sysctls|hostProcess)"/;

/**
 * Labels of a namespace whose pods all meet level `baseline`, so that no other gets in.
 * @param values what the stack lays over a chart's own: where that gives pods more, there is no label
 */
export function baselineLabels(values: object): Record<string, string> {
  return BEYOND_BASELINE.test(JSON.stringify(values)) ? {} : { [ENFORCE]: "baseline" };
}
