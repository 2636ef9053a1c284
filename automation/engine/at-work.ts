import { setTimeout as pause } from "node:timers/promises";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { Progress } from "../progress.ts";
import {
  beginRun,
  endRun,
  engineEnded,
  engineWasKilled,
  forgetEngines,
  runsFolder,
  type EngineRun,
} from "../runs/engine-run.ts";
import { endEngine } from "../runs/end-engine.ts";
import { onStop, Stopped } from "../signals.ts";
import { clearLeftovers } from "./leftovers.ts";
import { releaseAll } from "./locks.ts";
import { withVariables } from "./variables.ts";

const UNLOCKED_WITHIN_MS = 5_000;
const ONE_PRESS_MS = 700;
/** How long after its engine's end the work may take to say how it ended. */
const SETTLED_WITHIN_MS = 2_000;

export interface AtWork {
  progress: Progress;
  /** Whether the engine had the stack's lock, should it be killed now. */
  hadLock: () => boolean;
  /** Ends the operation when it is aborted, as a signal to the process does. Default: nothing else does. */
  signal?: AbortSignal | undefined;
}

/**
 * Does one operation of the engine so that nothing of it is left, however it ends: no process, no temporary file, no lock. What a killed run left
 * is cleared away before.
 * @param work is told where the runs are
 * @throws Stopped when this process is asked to end, once the engine has
 */
export async function whileAtWork<T>(stack: auto.Stack, at: AtWork, work: (runs: string) => Promise<T>): Promise<T> {
  const { envVars } = stack.workspace;
  const runs = runsFolder({ ...process.env, ...envVars });
  await clearLeftovers(
    { stack: stack.name, workDir: stack.workspace.workDir, env: { ...process.env, ...envVars } },
    at.progress,
  );
  const run = await beginRun(runs, stack.name);
  return withVariables(envVars, run.env, async () => {
    const stop = stopOnSignals(run, at);
    try {
      if (at.signal?.aborted) throw new Stopped("SIGINT", "Stopped before it began.");
      return await Promise.race([work(runs), stop.hanging]);
    } finally {
      try {
        // An engine that is stopped fails: that it was stopped is why.
        await stop.unlessAsked();
      } finally {
        // After a run that was stopped: one may have begun only since.
        await endEngine(run.folder);
        await removeLock(stack, run, at);
        await endRun(run);
        // It has had the lock: no other that was killed has it still.
        if (at.hadLock()) await forgetEngines(runs, stack.name);
        stop.off();
      }
    }
  });
}

/** Ends the engine when this process is asked to end, or whoever runs it is. */
function stopOnSignals({ folder }: EngineRun, { progress, signal: aborting }: AtWork) {
  let asked = 0;
  let last = 0;
  let stopping: Promise<never> | undefined;
  let hang: (reason: unknown) => void;
  const hanging = new Promise<never>((_, reject) => (hang = reject));
  // It fails the race where the work does not end with the engine, and is of no interest to anybody else.
  hanging.catch(() => undefined);
  const stop: Parameters<typeof onStop>[0] = (signal) => {
    // npm hands on what the terminal has sent already: twice at once is once.
    if (Date.now() - last > ONE_PRESS_MS) asked++;
    last = Date.now();
    if (stopping !== undefined) return;
    progress.line("Stopping: the engine finishes what it has begun. Once more: at once.");
    stopping = endEngine(folder, () => asked).then(() => {
      throw new Stopped(signal, "Stopped.");
    });
    stopping.catch((reason: unknown) => setTimeout(hang, SETTLED_WITHIN_MS, reason));
  };
  const ignore = onStop(stop);
  const abort = () => stop("SIGINT");
  aborting?.addEventListener("abort", abort);
  const off = () => {
    ignore();
    aborting?.removeEventListener("abort", abort);
  };
  return { hanging, unlessAsked: async () => stopping, off };
}

/** Removes the lock that this run's own engine had when it was killed; nobody else can have it meanwhile. */
async function removeLock(stack: auto.Stack, run: EngineRun, { hadLock }: AtWork): Promise<void> {
  if (!(await engineWasKilled(run)) || !hadLock()) return;
  // A backend that does not answer: the next run removes it.
  const removed = await Promise.race([
    releaseAll(stack).then(
      () => true,
      () => false,
    ),
    pause(UNLOCKED_WITHIN_MS, false, { ref: false }),
  ]);
  if (removed) await engineEnded(run.env);
}
