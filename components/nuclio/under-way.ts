import { until } from "../rest/until.ts";
import { UserError } from "../program/errors.ts";
import { hasEnded, type LiveFunction } from "./client/types.ts";
import { EVERY_MS, type DeployOptions } from "./deploy-options.ts";
import type { Nuclio } from "./sides.ts";
import { isStuck } from "./stuck.ts";
import { reasons } from "./reasons.ts";

/** More than a build's own time: the builder's pod may wait five minutes for a node. (nuclio: kaniko.go, resolveFailFast) */
const AROUND_BUILD_MS = 6 * 60_000;
/** How often it is looked whether the dashboard still knows of a build. */
const BUILD_LOOK_MS = 10_000;
/** When Nuclio has not acted on a function for so long, its controller is taken for busy with others. */
const BUSY_AFTER_MS = 60_000;
/** Nuclio looks at the pods it waits for every two seconds. */
const WAIT_ENDS_WITHIN_MS = 20_000;

/**
 * The function when Nuclio is done with it, for better or worse; undefined when there is none. One that is `building` still is one whose
 * build the dashboard has forgotten: nobody goes on with it.
 * @param meanwhile is told of the function at each look once it is built
 */
export async function untilDone(
  nuclio: Nuclio,
  name: string,
  options: DeployOptions,
  meanwhile: (live: LiveFunction) => Promise<void> = () => Promise.resolve(),
): Promise<LiveFunction | undefined> {
  const { readyMs, buildMs = 0, everyMs = EVERY_MS, signal } = options;
  const began = Date.now();
  let waits: number | undefined;
  let looked = began;
  const look = async () => {
    const live = await nuclio.dashboard.function(name);
    if (live === undefined || hasEnded(live)) return { live, isOver: true };
    const now = Date.now();
    if (live.status?.state === "building") {
      if (now > began + buildMs + AROUND_BUILD_MS) throw new UserError(await buildIsLate(nuclio, live, options));
      if (now >= looked) {
        if (await isForgotten(nuclio, name)) return { live, isOver: true };
        looked = now + BUILD_LOOK_MS;
      }
    } else {
      waits ??= now;
      await meanwhile(live);
      if (now > waits + Math.max(readyMs, 2 * BUSY_AFTER_MS))
        throw new UserError(await isBusy(nuclio, live, now - waits));
      if (now > Math.max(waits, looked) + BUSY_AFTER_MS) {
        await endVainWaits(nuclio, name, options);
        looked = Date.now();
      }
    }
    return { live, isOver: false };
  };
  return (await until(look, { isDone: ({ isOver }) => isOver, everyMs, signal })).live;
}

/** Whether the dashboard was started after a function was changed last: it alone goes on with a build, and knows it by heart. */
export async function isForgotten({ objects }: Nuclio, name: string): Promise<boolean> {
  const [changes, since] = await Promise.all([objects.changes(), objects.dashboardSince()]);
  return isBuildForgotten(changes[name], since);
}

/** The same of what was read already. Times of the API have whole seconds. */
export function isBuildForgotten(changedAt: number | undefined, dashboardSince: number | undefined): boolean {
  return changedAt !== undefined && dashboardSince !== undefined && dashboardSince > changedAt + 1000;
}

/**
 * Ends Nuclio's wait for the pods of a function, which neither the function's removal nor that of its Deployment does: of a Deployment that
 * is to have no pods, it finds none lacking.
 * (nuclio: functionres/lazy.go, waitFunctionDeploymentReadiness)
 */
export async function endWait(
  { dashboard, objects }: Nuclio,
  name: string,
  { everyMs = EVERY_MS, signal }: Pick<DeployOptions, "everyMs" | "signal">,
): Promise<LiveFunction | undefined> {
  await objects.scale(name, 0);
  return until(() => dashboard.function(name), {
    isDone: isOver,
    everyMs,
    withinMs: WAIT_ENDS_WITHIN_MS,
    signal,
  });
}

/** Whether nothing happens about a function any more by itself. */
export const isOver = (live: LiveFunction | undefined) => live === undefined || hasEnded(live);

/**
 * Ends Nuclio's waits for other functions' pods that wait in vain. Its controller has four workers, and each waits out the time of one
 * function; those functions stay as they are. (nuclio-real.md, F9b)
 */
export async function endVainWaits(nuclio: Nuclio, name: string, options: DeployOptions): Promise<void> {
  const { dashboard, objects } = nuclio;
  for (const other of Object.values(await dashboard.functions()).filter(isWaiting)) {
    if (other.metadata.name === name) continue;
    const deployment = await objects.deployment(other.metadata.name);
    const replicas = deployment?.spec?.replicas ?? 0;
    const pods = (await objects.pods(other.metadata.name)).filter(({ metadata }) => {
      return Number(new Date(metadata?.creationTimestamp ?? 0)) < Date.now() - BUSY_AFTER_MS;
    });
    if (replicas === 0 || !isStuck(deployment, pods)) continue;
    await endWait(nuclio, other.metadata.name, options);
    await objects.scale(other.metadata.name, replicas);
  }
}

const isWaiting = ({ status }: LiveFunction) => status?.state === "waitingForResourceConfiguration";

async function buildIsLate({ objects }: Nuclio, live: LiveFunction, { buildMs = 0 }: DeployOptions): Promise<string[]> {
  const { name } = live.metadata;
  return [
    `The build of function ${name} has not ended within its ${seconds(buildMs)} and a little more.`,
    ...(await reasons(objects, live)),
    `If it needs longer, allow it with vision-platform:functions.${name}.build.timeout. Jobs of builds: kubectl get jobs.`,
  ];
}

async function isBusy({ dashboard }: Nuclio, live: LiveFunction, waitedMs: number): Promise<string[]> {
  const { name } = live.metadata;
  const others = Object.values(await dashboard.functions())
    .filter((other) => isWaiting(other) && other.metadata.name !== name)
    .map(({ metadata }) => metadata.name);
  return [
    `Nuclio has done nothing about function ${name} for ${seconds(waitedMs)} (${live.status?.state ?? "no state"}).`,
    others.length === 0
      ? "See the log of its controller: kubectl logs deployment/cvat-nuclio-controller"
      : `Its controller deploys four functions at once, and waits for the pods of ${others.sort().join(", ")}: ` +
        `cure or remove one (function remove ${others[0] ?? ""}), then run up again.`,
  ];
}

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
