/** A taint of a node. */
export interface Taint {
  key?: string;
  value?: string;
  effect?: string;
}

/** A taint that pods put up with, as Kubernetes has it. */
export interface Toleration {
  key?: string | undefined;
  operator?: string | undefined;
  value?: string | undefined;
  effect?: string | undefined;
}

/** Whether it keeps pods away that do not put up with it. The third effect, PreferNoSchedule, is a wish. */
export const keepsAway = ({ effect }: Taint) => effect === "NoSchedule" || effect === "NoExecute";

/** Whether pods with this toleration put up with the taint. (k8s.io/api: core/v1/toleration.go, ToleratesTaint) */
export function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key !== undefined && key !== taint.key) return false;
  return operator === "Exists" || value === (taint.value ?? "");
}
