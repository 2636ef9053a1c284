import { until } from "../rest/until.ts";
import { FIELD_MANAGER } from "../kubernetes/field-manager.ts";
import { UserError } from "../program/errors.ts";
import type { LiveFunction } from "./client/types.ts";
import { EVERY_MS, type DeployOptions } from "./deploy-options.ts";
import { handOver } from "./hand-over.ts";
import { PROJECT } from "./names.ts";
import { runtimeClassBy, type RuntimeClassBy } from "./runtime-class.ts";
import { untilRuns } from "./running.ts";
import type { Nuclio } from "./sides.ts";
import type { FunctionObject } from "./spec.ts";

/** What became of a deployment. */
export interface Deployed {
  image: string;
  /** How the pods got their runtime class. */
  runtimeClassBy: RuntimeClassBy;
}

const NUCLIO_READY_WITHIN_MS = 120_000;

/**
 * Makes a function what it should be, and waits until its pods are the new ones and ready. What is there is taken over; what is under way
 * and no longer wanted is ended; one whose labels cannot be changed is made anew, and so is one whose build was forgotten.
 * @throws UserError with what Nuclio says and what holds the pods up
 */
export async function deployFunction(
  nuclio: Nuclio,
  wanted: FunctionObject,
  options: DeployOptions,
): Promise<Deployed> {
  const { name } = wanted.metadata;
  await nuclioReady(nuclio, options);
  // Somebody may have removed it, and every function with it.
  if (!(await nuclio.dashboard.project(PROJECT))) await nuclio.dashboard.createProject(PROJECT);
  const attempt = async () => {
    await handOver(nuclio, wanted, options);
    return untilRuns(nuclio, name, options);
  };
  const live = (await attempt()) ?? (await attempt());
  if (live === undefined)
    throw new UserError(
      `Nuclio's dashboard starts anew again and again while it builds function ${name}. Run up again.`,
    );
  return {
    image: live.status?.containerImage ?? live.spec.image ?? "",
    runtimeClassBy: await checkedClass(nuclio, live, options),
  };
}

/** Nuclio starts anew when its platform configuration changes, and its old pods know nothing of the new runtime class. */
async function nuclioReady({ objects }: Nuclio, { everyMs = EVERY_MS, signal }: DeployOptions): Promise<void> {
  await until(() => objects.unready(), {
    isDone: (unready) => unready.length === 0,
    everyMs,
    withinMs: NUCLIO_READY_WITHIN_MS,
    late: (unready) => new UserError(`Nuclio is not ready, so no function can be deployed: ${unready.join("; ")}`),
    signal,
  });
}

async function checkedClass(
  { objects }: Nuclio,
  live: LiveFunction,
  { runtimeClass }: DeployOptions,
): Promise<RuntimeClassBy> {
  const { name } = live.metadata;
  const by = runtimeClassBy(await objects.deployment(name), live.spec, FIELD_MANAGER);
  if (runtimeClass !== undefined && by === "none") {
    throw new UserError(
      `The pods of function ${name} have no runtimeClassName, though it should be ${runtimeClass}: they would not see the GPU. ` +
        `Nuclio's platform configuration (ConfigMap cvat-nuclio-platform-config) lacks it, or the controller has not read it: ` +
        `kubectl rollout restart deployment cvat-nuclio-controller, then run up again.`,
    );
  }
  return by;
}
