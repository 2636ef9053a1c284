import { until } from "../rest/until.ts";
import { UserError } from "../program/errors.ts";
import { EVERY_MS, type DeployOptions } from "./deploy-options.ts";
import type { Nuclio } from "./sides.ts";
import { objectOf } from "./names.ts";

const GONE_WITHIN_MS = 120_000;
/** Nuclio's controller acts within a moment, unless it still waits for this function's pods. */
const WAIT_ENDED_AFTER_MS = 3000;
/** When it has not acted by now, it is away or busy with others. */
const WITHOUT_NUCLIO_AFTER_MS = 30_000;

/** Removes a function, and waits until its pods can hold no GPU any more. */
export async function removeFunction(
  { dashboard, objects }: Nuclio,
  name: string,
  { everyMs = EVERY_MS, signal }: Pick<DeployOptions, "everyMs" | "signal"> = {},
): Promise<void> {
  await dashboard.remove(name);
  // Nothing owns the Deployment: it is removed by the controller alone, and would stay if that goes first. (nuclio.md, 2b)
  const steps = [
    // Ends a wait for the pods, which outlives the function and keeps the controller from removing them. (under-way.ts, endWait)
    { afterMs: WAIT_ENDED_AFTER_MS, step: () => objects.scale(name, 0) },
    { afterMs: WITHOUT_NUCLIO_AFTER_MS, step: () => objects.removeObjects(name) },
  ];
  const look = async (passedMs: number) => {
    const deployment = await objects.deployment(name);
    const [next] = steps;
    // One that is being removed already waits for its pods alone.
    if (deployment && next && passedMs >= next.afterMs && !deployment.metadata?.deletionTimestamp) {
      steps.shift();
      await next.step();
    }
    return deployment;
  };
  await until(look, {
    isDone: (deployment) => deployment === undefined,
    everyMs,
    withinMs: GONE_WITHIN_MS,
    late: () =>
      new UserError(
        `Function ${name} is removed, but its Deployment ${objectOf(name)} stays, and with it the GPU: something keeps its pods from ending. ` +
          `See what: kubectl get pods -l nuclio.io/function-name=${name}`,
      ),
    signal,
  });
}
