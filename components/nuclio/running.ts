import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "../errors.ts";
import { rollout } from "./client/function-objects.ts";
import { hasAddress, type LiveFunction } from "./client/types.ts";
import { EVERY_MS, type DeployOptions } from "./deploy-options.ts";
import type { Nuclio } from "./sides.ts";
import { objectOf } from "./names.ts";
import { failure, reasons } from "./reasons.ts";
import { isStuck } from "./stuck.ts";
import { untilDone } from "./under-way.ts";

/** So long pods may be stuck that come up after all: a registry that is away for a moment, a GPU that another gives back. */
const GRACE_MS = 60_000;
const ASKED_AT_MOST = 3;

/**
 * Waits until a function that was handed over runs: its newest pods are ready, and Nuclio says so and knows their address. The wait is
 * ours: what Nuclio would say when its own is over, it says of a pod that is still loading its model too.
 * @returns undefined where the dashboard has forgotten the function's build
 * @throws UserError with what Nuclio says and what holds the pods up
 */
export async function untilRuns(
  nuclio: Nuclio,
  name: string,
  options: DeployOptions,
): Promise<LiveFunction | undefined> {
  const { dashboard, objects } = nuclio;
  const { readyMs, everyMs = EVERY_MS } = options;
  let began: number | undefined;
  let stuckSince: number | undefined;
  let asked = 0;
  for (;;) {
    const live = await untilDone(nuclio, name, options);
    if (live === undefined)
      throw new UserError(`Function ${name} was removed while it was being deployed. Run up again.`);
    const { state } = live.status ?? {};
    if (state === "building") return undefined;
    if (state === "error") throw new UserError(await failure(objects, live));
    const now = Date.now();
    began ??= now;
    const deployment = await objects.deployment(name);
    const { ready, detail } = rollout(objectOf(name), deployment);
    if (ready) {
      if (state === "ready" && hasAddress(live)) return live;
      if (asked === ASKED_AT_MOST) throw new UserError(unreached(name, live));
      // Nuclio looks at the pods every three minutes, and forgets the addresses of one that it took for broken. Asked, it looks at once;
      // the pods stay. (nuclio-real.md, F8 and F17)
      await dashboard.restart(name);
      asked++;
    } else {
      stuckSince = isStuck(deployment, await objects.pods(name)) ? (stuckSince ?? now) : undefined;
      if (stuckSince !== undefined && now - stuckSince >= GRACE_MS)
        throw new UserError(await doesNotRun(nuclio, live, "does not come up, and waiting changes nothing"));
    }
    if (now > began + readyMs)
      throw new UserError([
        ...(await doesNotRun(nuclio, live, `does not run after ${Math.round(readyMs / 1000)} s: ${detail}`)),
        `If all it needs is more time, allow it with vision-platform:functions.${name}.timeouts.ready.`,
      ]);
    await pause(everyMs);
  }
}

async function doesNotRun({ objects }: Nuclio, live: LiveFunction, what: string): Promise<string[]> {
  const { name } = live.metadata;
  return [
    `Function ${name} ${what}.`,
    ...(await reasons(objects, live)),
    `Cure that and run up again: it is then deployed once more. Its log: npm run platform -- function logs ${name}`,
  ];
}

function unreached(name: string, { status }: LiveFunction): string {
  return (
    `The pods of function ${name} run, but Nuclio says ${status?.state ?? "nothing"} of it and has no address for it, so every call would fail. ` +
    `See the log of its controller: kubectl logs deployment/cvat-nuclio-controller`
  );
}
