import { clearmlRanges } from "../../../components/lab/chart-ranges.ts";
import { refusedCharts } from "../../../components/charts/kubernetes.ts";
import type { Plan } from "../../../components/lab/plan.ts";
import { UserError } from "../../../components/program/errors.ts";
import { problemList, type Problem } from "../../../components/schema/problems.ts";
import { addresses } from "./addresses.ts";
import { definitions, namesCertManager } from "./definitions.ts";
import { edge } from "./edge.ts";
import type { Likeness } from "./likeness.ts";
import { nodes, runtimeClasses } from "./nodes.ts";
import { notebooks } from "./notebooks.ts";
import { namespace, type Ground } from "./object.ts";
import { secrets } from "./secrets.ts";
import { storage, storageProblems } from "./storage.ts";

/**
 * What the lab's own cluster has before anything of ours is installed, from what the stack file says of it.
 * @param likeness what was read of the cluster itself. Default: nothing
 * @throws UserError for what it names and nobody can know of, or what the cluster has not, all at once
 */
export function groundOf(plan: Plan, likeness?: Likeness): Ground {
  const { lab } = plan;
  const problems = [...storageProblems(plan, likeness), ...chartProblems(plan, likeness)];
  if (problems.length > 0) {
    const title = likeness
      ? "The stack file does not fit your cluster:"
      : "The stack file asks for what a rehearsal does not know, or what cannot be:";
    throw new UserError(problemList(title, problems), { exitCode: 2 });
  }
  const parts = [
    nodes(plan, likeness),
    storage(plan, likeness),
    runtimeClasses(plan, likeness),
    edge(plan, likeness),
    addresses(lab, likeness),
    secrets(lab, likeness),
    notebooks(lab, likeness),
  ];
  return {
    objects: [namespace("kube-system"), ...definitions(plan, likeness), ...parts.flatMap(({ objects }) => objects)],
    notes: [
      ...parts.flatMap(({ notes }) => notes),
      ...(namesCertManager(lab) ? ["cert-manager's kinds"] : []),
      ...(lab.network.policies
        ? ["What enforces NetworkPolicies, as K3s has it; here they are taken, and close nothing"]
        : []),
    ],
  };
}

/** Charts that would not take the lab's own Kubernetes: the rehearsal's is another. */
function chartProblems({ clearml }: Plan, likeness: Likeness | undefined): Problem[] {
  if (likeness?.kubernetes === undefined || !clearml) return [];
  return refusedCharts(clearmlRanges(clearml.versions, clearml.agent !== undefined), {
    version: likeness.kubernetes,
    saidBy: "your cluster has",
  });
}
