import type { Plan } from "../../components/lab/plan.ts";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import { apiServer } from "../../components/kubernetes/api-server.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import { UserError } from "../../components/program/errors.ts";
import { runEngine } from "../engine/run.ts";
import { givenOf } from "../engine/state.ts";
import type { Progress } from "../progress.ts";
import { makeAnew } from "./anew.ts";
import type { FixPlan } from "./fix-plan.ts";
import type { Look } from "./look.ts";
import { repairObjects } from "./repair.ts";
import { repairRecords } from "./repair-records.ts";

export interface FixOptions {
  stack: auto.Stack;
  plan: Plan;
  look: Look;
  fix: FixPlan;
  progress: Progress;
}

/**
 * Refuses what nobody but the person can know.
 * @param newCluster UID of the cluster that the person says is the lab's now
 * @throws UserError with the ways on
 */
export function assertMayFix({ drift, identity: { losses, uid } }: Look, newCluster: string | undefined): void {
  const store = drift.accidents.find(({ kind }) => kind === "store");
  if (store) throw new UserError(`Nothing was repaired: ${store.text}`);
  if (losses?.cluster !== true || (newCluster !== undefined && newCluster === uid)) return;
  throw new UserError(
    `Nothing was repaired: another cluster answers, and a kubeconfig that points elsewhere is mended in the stack file (vision-platform:cluster.kubeconfig and .context). If the lab's cluster was rebuilt and this is it: drift --fix --new-cluster ${uid} makes the lab anew in it.`,
  );
}

/**
 * Brings back what a look found, and nothing else.
 * @returns what could not be repaired, each in a sentence
 */
export async function repair({ stack, plan, look, fix, progress }: FixOptions): Promise<string[]> {
  const resources = await givenOf(stack);
  const { losses, lost } = look.identity;
  if (losses) await makeAnew({ stack, lab: plan.lab, lost, resources, progress });
  const problems: string[] = [];
  if (fix.changed.length + fix.gone.length > 0) {
    const send = apiServer(await kubeConfig(plan.lab.cluster));
    problems.push(...(await progress.task("Putting objects back", () => repairObjects(fix, resources, send))));
  }
  // What was made again is another object, of which the state takes note.
  const again = fix.gone.map(({ urn }) => urn);
  if (again.length > 0) await runEngine(stack, "refresh", { progress, target: again });
  await repairRecords(stack, fix.records, progress);
  return problems;
}
