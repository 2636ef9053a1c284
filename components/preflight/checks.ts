import type { ClusterCheck } from "./check.ts";
import { ingressClassIsServed } from "./ingress-class.ts";

/** Everything that is looked at in the cluster before a run changes it. */
export const CLUSTER_CHECKS: readonly ClusterCheck[] = [ingressClassIsServed];
