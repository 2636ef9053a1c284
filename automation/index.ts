import { useEnvironmentProxy } from "../components/rest/proxy.ts";
import type { Drift } from "./drift/classify.ts";
import { lookForDrift } from "./drift/look.ts";
import { destroyStack, planDestroy } from "./engine/destroy.ts";
import { openUserStack } from "./engine/door.ts";
import { assertSameCluster } from "./engine/forget.ts";
import { readOutputs } from "./engine/outputs.ts";
import { runEngine, type Outcome, type Seen } from "./engine/run.ts";
import { silentProgress, type Progress } from "./progress.ts";
import { PROJECT_FOLDER } from "./project.ts";
import { reportOf } from "./report/of-preview.ts";
import type { PlanReport } from "./report/plan-report.ts";

export type { Drift } from "./drift/classify.ts";
export type { Outcome } from "./engine/run.ts";
export type { PlanReport } from "./report/plan-report.ts";
export { streamProgress, type Progress } from "./progress.ts";
export { Stopped } from "./signals.ts";
export { UserError } from "../components/program/errors.ts";

export interface OpenLabOptions {
  /** Name of the stack, and so of its file `Pulumi.NAME.yaml`. Default: `homelab`. */
  stack?: string;
  /** Where Pulumi.yaml and the stack files lie. Default: this program's folder. */
  folder?: string;
  /** Is told what goes on. Default: nobody is. `streamProgress()` writes it to stderr, as the verbs do. */
  progress?: Progress;
}

export interface OperationOptions {
  /** Ends the operation when it is aborted, as Ctrl-C ends a verb: it rejects with `Stopped`, what was done stays. Default: nothing does. */
  signal?: AbortSignal;
  /** How many objects to work on at once. Default: the engine's own, 4 for each core. */
  parallel?: number;
}

export interface DestroyLabOptions extends OperationOptions {
  /** Only tells what would be removed. Default: false. */
  dryRun?: boolean;
  /** Leave the users of an object store that is gone for good. Default: false. */
  leaveObjectStore?: boolean;
}

/** What a preview found. */
export interface Preview extends Outcome {
  /** What a reviewer should know of it; every secret of the stack is hidden in it. */
  report: PlanReport;
}

/**
 * A lab, from code: what the verbs of these names do. Every method rejects with a `UserError`, whose `problems` are the sentences that the
 * verb would print. One operation at a time: the engine runs the program in this process.
 */
export interface Lab {
  /** What `up` would change. Nothing is changed. */
  preview(options?: OperationOptions): Promise<Preview>;
  /** Makes the cluster what the stack file says. */
  up(options?: OperationOptions): Promise<Outcome>;
  /** What was changed by hand since the last `up`. Nothing is changed. */
  drift(options?: Pick<OperationOptions, "signal">): Promise<Drift>;
  /** What the last `up` gave; secrets are `[secret]` unless asked for. */
  outputs(options?: { showSecrets?: boolean }): Promise<Record<string, unknown>>;
  /** Removes the lab's objects, or tells which. Volumes, buckets, definitions and namespaces with data stay. */
  destroy(options?: DestroyLabOptions): Promise<Outcome>;
}

/**
 * Opens the lab of a stack file for a script. Backend and passphrase are those of the environment, as for the verbs; a stack that the backend
 * does not have yet is made.
 * @throws UserError with every problem of the stack file, before anything is started
 */
export async function openLab(options: OpenLabOptions = {}): Promise<Lab> {
  const { stack: name = "homelab", folder = PROJECT_FOLDER, progress = silentProgress } = options;
  await useEnvironmentProxy();
  const opened = await openUserStack({ stack: name, folder, create: true, progress });
  const { stack, plan } = opened;
  return {
    async preview({ signal, parallel } = {}) {
      let seen: Seen = { steps: [], fixes: { before: [], after: [] } };
      const outcome = await runEngine(stack, "preview", { progress, signal, parallel, seen: (all) => (seen = all) });
      return { ...outcome, report: await reportOf({ name, ...opened }, seen, { warnings: outcome.warnings }) };
    },
    up: ({ signal, parallel } = {}) => runEngine(stack, "up", { progress, signal, parallel }),
    drift: async ({ signal } = {}) => (await lookForDrift({ ...opened, progress, signal })).drift,
    outputs: ({ showSecrets = false } = {}) => readOutputs(stack, { showSecrets }),
    async destroy({ dryRun = false, leaveObjectStore, signal, parallel } = {}) {
      await assertSameCluster(stack, plan.lab);
      const remove = dryRun ? planDestroy : destroyStack;
      return remove(stack, progress, { leaveObjectStore, signal, parallel });
    },
  };
}
