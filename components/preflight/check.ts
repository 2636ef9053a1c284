import type { Plan } from "../lab/plan.ts";
import type { ClusterFacts } from "./facts.ts";

/** What a look at a running system found, before anything is changed. */
export interface Finding {
  /** `refusal` ends the run, in a preview too: what it would do is known to go wrong. `warning` is shown and the run goes on. */
  severity: "refusal" | "warning";
  /** The key of the stack file that it is about: `vision-platform:cluster.ingressClass`. */
  path: string;
  /** What is wrong and what to do. */
  message: string;
}

/** One thing that is looked at in the cluster before a run. Pure: it reads nothing but what it is given. */
export type ClusterCheck = (facts: ClusterFacts, plan: Plan) => Finding[];
