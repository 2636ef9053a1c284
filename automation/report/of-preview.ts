import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { Plan } from "../../components/lab/plan.ts";
import { knownSecrets, withoutSecrets } from "../engine/known-secrets.ts";
import type { Seen } from "../engine/run.ts";
import { dependenciesIn, readState } from "../engine/stored-state.ts";
import type { StackFile } from "../stackfile/stack-file.ts";
import type { Compared } from "./compared.ts";
import { labGraph } from "./graph/lab-graph.ts";
import { planReport, type PlanReport, type Previewed } from "./plan-report.ts";

/** A stack that was previewed. */
export interface PreviewedStack {
  /** The stack's name, as the person knows it. */
  name: string;
  stack: auto.Stack;
  /** The lab that is previewed. */
  plan: Plan;
  /** Its file: secrets that stand in it are hidden. */
  file: StackFile;
  /** What it is compared with, where that is not what is installed. */
  compared?: Compared | undefined;
}

/** The report of what a preview saw, with every secret of the stack hidden wherever it stands. */
export async function reportOf(
  { name, stack, plan, file, compared }: PreviewedStack,
  seen: Seen,
  more: Pick<Previewed, "warnings" | "failure">,
): Promise<PlanReport> {
  const secrets = await knownSecrets(stack, file);
  const previewed = withoutSecrets({ stack: name, compared, ...seen, ...more, lab: labGraph(plan) }, secrets);
  // Names of resources alone.
  const dependencies = dependenciesIn(await readState(stack));
  return planReport({ ...previewed, dependencies });
}
