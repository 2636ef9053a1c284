import { patiently } from "../rest/patience.ts";
import { until } from "../rest/until.ts";
import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import { UserError } from "../program/errors.ts";
import { hasEnded, type LiveFunction } from "./client/types.ts";
import { rollout } from "./client/function-objects.ts";
import { labelsDiffer } from "./compare.ts";
import { EVERY_MS, type DeployOptions } from "./deploy-options.ts";
import type { Nuclio } from "./sides.ts";
import { departures, marked } from "./handed-over.ts";
import { objectOf } from "./names.ts";
import { removeFunction } from "./remove.ts";
import type { FunctionObject } from "./spec.ts";
import { stuckPods } from "./stuck.ts";
import { endWait, isForgotten, isOver, untilDone } from "./under-way.ts";

/** How long another's deployment may take that is no longer what is wanted, before it is ended. */
const OTHERS_MS = 10_000;
const TRIES = 20;

/** A function before it is handed over, with what Nuclio made of it. */
interface Before {
  live: LiveFunction;
  deployment: V1Deployment | undefined;
  pods: readonly V1Pod[];
  hasService: boolean;
}

/** Has Nuclio hold the function as it is wanted, in the way that fits what is there. What keeps it from that is ended first. */
export async function handOver(nuclio: Nuclio, wanted: FunctionObject, options: DeployOptions): Promise<void> {
  const live = await freed(nuclio, wanted, options);
  const before = live && (await withObjects(nuclio, live));
  if (before === undefined || !canStay(wanted, before, options)) {
    if (before) await removeFunction(nuclio, wanted.metadata.name, options);
    options.handedOver?.();
    if ((await nuclio.dashboard.create(marked(wanted))) !== "accepted") await replace(nuclio, wanted, options);
    return;
  }
  if (before.live.spec.image === undefined || departures(wanted, before.live).length > 0)
    return replace(nuclio, wanted, options);
  if (!isLeftAlone(before, options)) await tryAgain(nuclio, wanted, before, options);
}

/** Nuclio fills in a runtime class that is missing and never changes one; nor a label. (nuclio.md, 2c and 3b) */
function canStay(wanted: FunctionObject, { live, deployment }: Before, { runtimeClass }: DeployOptions): boolean {
  const has = deployment?.spec?.template.spec?.runtimeClassName;
  return !labelsDiffer(wanted, live) && (has === undefined || has === runtimeClass);
}

/** Whether all is there that runs or comes up by itself. Whether it does, is waited for. */
function isLeftAlone({ live, deployment, pods, hasService }: Before, { runtimeClass }: DeployOptions): boolean {
  const { state } = live.status ?? {};
  return (
    (state === "ready" || state === "unhealthy" || !hasEnded(live)) &&
    hasService &&
    deployment !== undefined &&
    deployment.spec?.template.spec?.runtimeClassName === runtimeClass &&
    stuckPods(pods).length === 0
  );
}

/** The same once more, without a build. What the node has given up for a while is made anew: it would wait up to five minutes. */
async function tryAgain(
  nuclio: Nuclio,
  wanted: FunctionObject,
  { pods }: Before,
  options: DeployOptions,
): Promise<void> {
  const { name } = wanted.metadata;
  if ((await nuclio.dashboard.restart(name)) !== "accepted") return replace(nuclio, wanted, options);
  await nuclio.objects.removePods(stuckPods(pods).map(({ metadata }) => metadata?.name ?? ""));
}

async function replace(nuclio: Nuclio, wanted: FunctionObject, options: DeployOptions): Promise<void> {
  const { everyMs = EVERY_MS, signal } = options;
  const once = async (attempt: number) => {
    if (attempt > 1) await freed(nuclio, wanted, options);
    if ((await nuclio.dashboard.update(marked(wanted))) !== "accepted") throw new Contended(wanted.metadata.name);
  };
  await patiently(once, {
    attempts: TRIES,
    firstPauseMs: everyMs,
    longestPauseMs: everyMs,
    signal,
    mayPass: (error) => error instanceof Contended,
  });
  options.handedOver?.();
}

class Contended extends UserError {
  constructor(name: string) {
    super(`Function ${name} is being deployed by somebody else all the time.`);
  }
}

async function withObjects({ objects }: Nuclio, live: LiveFunction): Promise<Before> {
  const { name } = live.metadata;
  const [deployment, pods, services] = await Promise.all([
    objects.deployment(name),
    objects.pods(name),
    objects.services(),
  ]);
  return { live, deployment, pods, hasService: services.has(name) };
}

/**
 * The function once nothing is under way that would refuse it; undefined when there is none any more. What is wanted already is let be;
 * what another version of the entry left behind, a run that was interrupted above all, is ended: it may take an hour, and nobody wants it.
 */
async function freed(
  nuclio: Nuclio,
  wanted: FunctionObject,
  options: DeployOptions,
): Promise<LiveFunction | undefined> {
  const { name } = wanted.metadata;
  const live = await nuclio.dashboard.function(name);
  if (live === undefined || hasEnded(live)) return live;
  const { state = "" } = live.status ?? {};
  if (state === "building") return freedOfBuild(nuclio, wanted, live, options);
  if (state !== "" && departures(wanted, live).length === 0) return live;
  // Nuclio does nothing about one without a state, and refuses to have it changed. (nuclio-real.md, F13)
  if (state === "" && live.spec.image === undefined) return gone(nuclio, name, options);
  if (state === "") await nuclio.dashboard.restart(name);
  const { everyMs = EVERY_MS, signal } = options;
  const find = () => nuclio.dashboard.function(name);
  const next = await until(find, { isDone: isOver, everyMs, withinMs: OTHERS_MS, signal });
  if (isOver(next)) return next;
  const ended = await endWait(nuclio, name, options);
  return isOver(ended) ? ended : untilDone(nuclio, name, options);
}

/** A build of something else is not waited for, unless people work with the function meanwhile. */
async function freedOfBuild(
  nuclio: Nuclio,
  wanted: FunctionObject,
  live: LiveFunction,
  options: DeployOptions,
): Promise<LiveFunction | undefined> {
  const { name } = wanted.metadata;
  const serves = rollout(objectOf(name), await nuclio.objects.deployment(name)).ready;
  const isAwaited = serves || departures(wanted, live).length === 0;
  if (!isAwaited || (await isForgotten(nuclio, name))) return gone(nuclio, name, options);
  const done = await untilDone(nuclio, name, options);
  return done?.status?.state === "building" ? gone(nuclio, name, options) : done;
}

async function gone(nuclio: Nuclio, name: string, options: DeployOptions): Promise<undefined> {
  await removeFunction(nuclio, name, options);
}
