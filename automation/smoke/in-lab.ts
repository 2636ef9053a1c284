import { edgeAsked } from "../../components/cvat/edge.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { workersIn } from "../data/cvat/workers.ts";
import type { StepName } from "./names.ts";
import { ownName } from "./own-projects.ts";
import type { Outcome } from "./report.ts";
import { tryOut, type Running } from "./run.ts";
import { chosenSteps } from "./steps.ts";

/**
 * Tries a lab's CVAT out.
 * @param only the steps, with those that they need. Default: all
 * @returns undefined where the lab has none
 */
export async function tryOutIn(
  lab: DataLab,
  only: readonly StepName[] | undefined,
  running: Running,
): Promise<Outcome[] | undefined> {
  if (!lab.plan.cvat) return undefined;
  running.left("Nothing was made in CVAT.");
  const { cluster, cvat } = lab.plan.lab;
  const { config, signIn } = lab.plan.cvat;
  const edge = signIn && edgeAsked(config, signIn);
  const trial = { lab, name: ownName(), made: {}, workers: workersIn(cluster, cvat.namespace), edge };
  return tryOut(trial, chosenSteps(only), running);
}
