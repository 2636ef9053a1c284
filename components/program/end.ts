import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { isGrpcError } from "@pulumi/pulumi/errors.js";
import { UserError } from "./errors.ts";

/** What the SDK keeps of one run. It is not exported for types. (pulumi: sdk/nodejs/runtime/state.ts) */
interface Store {
  /** Whether the engine has ended the run. */
  terminated: boolean;
  /** Resolves when every call to the engine is answered that was begun before. */
  settings: { rpcDone: Promise<unknown> };
}

const { getStore } = createRequire(import.meta.url)("@pulumi/pulumi/runtime/state.js") as { getStore: () => Store };

/** What the SDK puts before a rejected input, once for each resource on its way. */
const FRAMES = /^(error serializing property "[^"]*": )+/;

/** How long other problems may be told beside the first one, in milliseconds. */
const GRACE_MS = 500;
/** How often it is seen whether the engine has ended the run, in milliseconds. */
const LOOK_MS = 500;

/**
 * Runs a program to its end, which is where everything it registered is done, or soon after its first rejection.
 *
 * Without, a rejection may hang it. A resource whose input is rejected is never registered, and so neither resolves nor rejects its URN; what
 * depends on it, or has it as its parent, waits for that URN, and the SDK waits for both before it tells the engine that the program has
 * failed. (pulumi: sdk/nodejs/runtime/resource.ts, prepareResource; settings.ts, waitForRPCs; automation/server.ts, run)
 * @param graceMs how long others may be told beside the first one
 * @throws what was rejected first, and that nobody handled; it is told by the SDK as well
 */
export async function endedByFirstRejection<T>(work: () => Promise<T>, graceMs = GRACE_MS): Promise<T> {
  const store = getStore();
  const rejection = firstRejection(store);
  const whole = async () => {
    const outputs = await work();
    await allIsDone(outputs, store);
    return outputs;
  };
  try {
    return await Promise.race([whole(), rejection.promise]);
  } catch (error) {
    await pause(graceMs);
    // What hangs is not waited for. What the engine is at, it brings to an end itself.
    store.settings.rpcDone = Promise.resolve();
    throw error;
  } finally {
    rejection.forget();
  }
}

/** Rejects with the first rejection that nobody handles, until the run is over. */
function firstRejection(store: Store): { promise: Promise<never>; forget: () => void } {
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  const onRejection = (error: unknown) => {
    // The calls that the engine's own end breaks off.
    if (error instanceof Error && isGrpcError(error)) return;
    // The SDK prints it.
    if (error instanceof Error) makePrintable(error);
    reject(error);
  };
  // Before the SDK's own, which prints.
  process.prependListener("unhandledRejection", onRejection);
  // A program that the engine ends is left as it is, and never comes to its own end.
  const watch = setInterval(() => {
    if (store.terminated) forget();
  }, LOOK_MS).unref();
  const forget = () => {
    clearInterval(watch);
    process.off("unhandledRejection", onRejection);
  };
  return { promise, forget };
}

/** Frames of packages say nothing to whoever reads them, and on some of the SDK's own Node 20 hangs. (run-errors.ts) */
function makePrintable(error: Error): void {
  error.message = error.message.replace(FRAMES, "");
  const frames = (error.stack ?? "").split("\n").filter((line) => !line.includes("node_modules"));
  error.stack = error instanceof UserError ? "" : frames.join("\n");
}

/** Waits for what the SDK waits for after the program, so that what goes wrong meanwhile still ends it. */
async function allIsDone(outputs: unknown, store: Store): Promise<void> {
  // Not by `apply`, which runs only for what is known. The promise is not exported for types.
  await (pulumi.output(outputs) as unknown as { promise: (withUnknowns: true) => Promise<unknown> }).promise(true);
  for (let done: Promise<unknown> | undefined; done !== store.settings.rpcDone;) {
    done = store.settings.rpcDone;
    await done;
  }
}
