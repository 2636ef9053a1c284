import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../../components/lab/plan.ts";
import { versionsCanBeReached } from "../../components/preflight/known-bad-jumps.ts";
import { versionsIn } from "../../components/preflight/versions.ts";
import { RunError } from "../../components/program/run-errors.ts";
import type { StateResource } from "../../components/program/state.ts";
import { problemList } from "../../components/schema/problems.ts";

/**
 * Holds a run back, before it registers anything, that would go from the versions in the stack's state to some that are known to go wrong
 * from there. What was let through by the stack file is a warning of the run.
 * @throws RunError with every such step and what to do first, in a preview too
 */
export async function refuseKnownBadJumps(state: readonly StateResource[], plan: Plan): Promise<void> {
  const findings = versionsCanBeReached(versionsIn(state), plan);
  for (const { severity, path, message } of findings) {
    if (severity === "warning") await pulumi.log.warn(`${path}: ${message}`);
  }
  const refusals = findings.filter(({ severity }) => severity === "refusal");
  if (refusals.length === 0) return;
  const title = `These versions cannot be reached in one step from those that stack ${pulumi.getStack()} has, and nothing was changed:`;
  throw new RunError(problemList(title, refusals).join("\n"));
}
