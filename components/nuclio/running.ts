import { until } from "../rest/until.ts";
import { UserError } from "../program/errors.ts";
import { rollout } from "./client/function-objects.ts";
import { hasAddress, type LiveFunction } from "./client/types.ts";
import { EVERY_MS, type DeployOptions } from "./deploy-options.ts";
import type { Nuclio } from "./sides.ts";
import { objectOf } from "./names.ts";
import { failure, reasons } from "./reasons.ts";
import { isStuck, STUCK_AT_MOST_MS } from "./stuck.ts";
import { endWait, untilDone } from "./under-way.ts";

/** So long Nuclio may wait for pods itself, where something other than this program has it wait. */
const NUCLIO_WAITS_MS = 5000;
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
  const { readyMs, everyMs = EVERY_MS, signal } = options;
  const pods = looking(nuclio, name);
  const nuclioWaits = since();
  const meanwhile = async (live: LiveFunction) => {
    const { ready, deployment } = await pods(live);
    const isApplied = deployment?.spec?.template.metadata?.annotations?.[IMAGE_HASH] === live.spec.imageHash;
    if (nuclioWaits(isApplied && !ready) < NUCLIO_WAITS_MS) return;
    await endWait(nuclio, name, options);
    await nuclio.objects.scale(name, live.spec.replicas ?? 1);
  };
  let began: number | undefined;
  let asked = 0;
  const look = async () => {
    const live = await untilDone(nuclio, name, options, meanwhile);
    if (live === undefined)
      throw new UserError(`Function ${name} was removed while it was being deployed. Run up again.`);
    const { state } = live.status ?? {};
    if (state === "building") return { live: undefined, isOver: true };
    if (state === "error") throw new UserError(await failure(nuclio.objects, live));
    began ??= Date.now();
    const { ready, detail } = await pods(live);
    if (ready) {
      if (state === "ready" && hasAddress(live)) return { live, isOver: true };
      if (asked === ASKED_AT_MOST) throw new UserError(unreached(name, live));
      // Nuclio looks at the pods every three minutes, and forgets the addresses of one that it took for broken. Asked, it looks at once;
      // the pods stay. (nuclio-real.md, F8 and F17)
      await nuclio.dashboard.restart(name);
      asked++;
    }
    if (Date.now() > began + readyMs)
      throw new UserError([
        ...(await doesNotRun(nuclio, live, `does not run after ${Math.round(readyMs / 1000)} s: ${detail}`)),
        `If all it needs is more time, allow it with vision-platform:functions.${name}.timeouts.ready.`,
      ]);
    return { live, isOver: false };
  };
  return (await until(look, { isDone: ({ isOver }) => isOver, everyMs, signal })).live;
}

const IMAGE_HASH = "nuclio.io/image-hash";

/** Looks at the pods of a function, and throws when they have been stuck for too long. */
function looking(nuclio: Nuclio, name: string) {
  const stuck = since();
  return async (live: LiveFunction) => {
    const deployment = await nuclio.objects.deployment(name);
    const { ready, detail } = rollout(objectOf(name), deployment);
    if (stuck(!ready && isStuck(deployment, await nuclio.objects.pods(name))) >= STUCK_AT_MOST_MS)
      throw new UserError(await doesNotRun(nuclio, live, "does not come up, and waiting changes nothing"));
    return { ready, detail, deployment };
  };
}

/** For how many milliseconds something has been so without a break, asked again and again. */
function since(): (isSo: boolean) => number {
  let first: number | undefined;
  return (isSo) => {
    first = isSo ? (first ?? Date.now()) : undefined;
    return first === undefined ? 0 : Date.now() - first;
  };
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
