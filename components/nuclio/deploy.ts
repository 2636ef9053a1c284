import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "../errors.ts";
import type { Dashboard } from "./client/dashboard.ts";
import { rollout, type FunctionObjects } from "./client/function-objects.ts";
import { hasEnded, type LiveFunction } from "./client/types.ts";
import { differences, labelsDiffer } from "./compare.ts";
import { FIELD_MANAGER } from "../kubernetes/field-manager.ts";
import { objectOf } from "./names.ts";
import { failure, reasons } from "./reasons.ts";
import { runtimeClassBy, type RuntimeClassBy } from "./runtime-class.ts";
import type { FunctionObject } from "./spec.ts";

export interface DeployOptions {
  /** Milliseconds until it must run, counted from its deployment: image pull and model load. */
  readyMs: number;
  /** Milliseconds more for a build of its image. Default: none. */
  buildMs?: number;
  /** RuntimeClass its pods must have. */
  runtimeClass?: string;
  /** Milliseconds between two looks. Default: 1000. */
  everyMs?: number;
}

/** What became of a deployment. */
export interface Deployed {
  image: string;
  /** How the pods got their runtime class. */
  runtimeClassBy: RuntimeClassBy;
}

/** The two sides Nuclio is seen from. */
export interface Nuclio {
  dashboard: Dashboard;
  objects: FunctionObjects;
}

const EVERY_MS = 1000;
const GONE_WITHIN_MS = 120_000;
const NUCLIO_READY_WITHIN_MS = 120_000;

/**
 * Makes a function what it should be, and waits until its pods are the new ones and ready. What is there is taken over; one that another
 * deploys at this moment is waited for; one whose labels cannot be changed is made anew.
 * @throws UserError with what Nuclio says and what holds the pods up
 */
export async function deployFunction(
  nuclio: Nuclio,
  wanted: FunctionObject,
  options: DeployOptions,
): Promise<Deployed> {
  const { name } = wanted.metadata;
  await nuclioReady(nuclio, options);
  const before = await settled(nuclio, name, options);
  const has = (await nuclio.objects.deployment(name))?.spec?.template.spec?.runtimeClassName;
  // Nuclio fills in a runtime class that is missing and never changes one; nor a label. (nuclio.md, 2c and 3b)
  const stays = before && !labelsDiffer(wanted, before) && (has === undefined || has === options.runtimeClass);
  if (before && !stays) await removeFunction(nuclio, name, options);
  await hand(nuclio, wanted, stays ? { live: before, has } : undefined, options);
  const live = await settled(nuclio, name, options);
  if (live === undefined)
    throw new UserError(`Function ${name} was removed while it was being deployed. Run up again.`);
  if (live.status?.state !== "ready") throw new UserError(await failure(nuclio.objects, live));
  await rolledOut(nuclio, name, options);
  return {
    image: live.status.containerImage ?? live.spec.image ?? "",
    runtimeClassBy: await checkedClass(nuclio, live, options),
  };
}

/** Removes a function, and waits until its pods can hold no GPU any more. */
export async function removeFunction(
  { dashboard, objects }: Nuclio,
  name: string,
  { everyMs = EVERY_MS }: { everyMs?: number } = {},
): Promise<void> {
  await dashboard.remove(name);
  // Nothing owns the Deployment: it is removed by the controller alone, and would stay if that goes first. (nuclio.md, 2b)
  const end = Date.now() + GONE_WITHIN_MS;
  while ((await objects.deployment(name)) !== undefined) {
    if (Date.now() > end) {
      throw new UserError(
        `Function ${name} is removed, but its Deployment ${objectOf(name)} stays, and with it the GPU: Nuclio's controller does not act. ` +
          `See its log, or remove the Deployment: kubectl delete deployment ${objectOf(name)}`,
      );
    }
    await pause(everyMs);
  }
}

/** Nuclio starts anew when its platform configuration changes, and its old pods know nothing of the new runtime class. */
async function nuclioReady({ objects }: Nuclio, { everyMs = EVERY_MS }: DeployOptions): Promise<void> {
  const end = Date.now() + NUCLIO_READY_WITHIN_MS;
  for (;;) {
    const unready = await objects.unready();
    if (unready.length === 0) return;
    if (Date.now() > end)
      throw new UserError(`Nuclio is not ready, so no function can be deployed: ${unready.join("; ")}`);
    await pause(everyMs);
  }
}

/** Hands the function over, in the way that fits what is there. */
async function hand(
  { dashboard }: Nuclio,
  wanted: FunctionObject,
  before: { live: LiveFunction; has: string | undefined } | undefined,
  options: DeployOptions,
): Promise<void> {
  const { name } = wanted.metadata;
  if (before?.live.spec.image !== undefined && differences(wanted, before.live).length === 0) {
    if (before.live.status?.state === "ready" && before.has === options.runtimeClass) return;
    // Trying the same once more needs no build.
    if ((await dashboard.restart(name)) === "accepted") return;
  }
  if (before === undefined && (await dashboard.create(wanted)) === "accepted") return;
  const end = Date.now() + totalMs(options);
  while ((await dashboard.update(wanted)) !== "accepted") {
    if (Date.now() > end) throw new UserError(`Function ${name} is being deployed by somebody else all the time.`);
    await pause(options.everyMs ?? EVERY_MS);
  }
}

/** The function when Nuclio is done with it. */
async function settled(nuclio: Nuclio, name: string, options: DeployOptions): Promise<LiveFunction | undefined> {
  const end = Date.now() + totalMs(options);
  for (;;) {
    const live = await nuclio.dashboard.function(name);
    if (live === undefined || hasEnded(live)) return live;
    if (Date.now() > end) {
      throw new UserError([
        `Function ${name} is still ${live.status?.state ?? "waiting"} after ${Math.round(totalMs(options) / 1000)} s.`,
        ...(await reasons(nuclio.objects, live)),
        `Allow more time with vision-platform:functions.${name}.timeouts.ready.`,
      ]);
    }
    await pause(options.everyMs ?? EVERY_MS);
  }
}

// Nuclio itself gives up after `readyMs`; what it says then is better than what we could say.
const totalMs = ({ readyMs, buildMs = 0 }: DeployOptions) => readyMs + buildMs + 30_000;

async function rolledOut(nuclio: Nuclio, name: string, { readyMs, everyMs = EVERY_MS }: DeployOptions): Promise<void> {
  const end = Date.now() + readyMs;
  for (;;) {
    const state = rollout(objectOf(name), await nuclio.objects.deployment(name));
    if (state.ready) return;
    if (Date.now() > end) {
      const found = await nuclio.objects.obstacles(name);
      throw new UserError([
        `Function ${name} is ready by Nuclio's word, but its newest pods are not: ${state.detail}.`,
        ...found.map(({ reason, cure }) => `  ${reason} ${cure}`),
      ]);
    }
    await pause(everyMs);
  }
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
