import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { Progress } from "../progress.ts";
import { isKept } from "./kept.ts";
import { runEngine, type Outcome, type RunOptions } from "./run.ts";
import { stateOf } from "./state.ts";

/** Begin of what all of an object store's resources are below, in their URNs. */
const OF_OBJECT_STORE = "vision-platform:storage:ObjectStore$";

export interface DestroyOptions extends Pick<RunOptions, "parallel" | "signal"> {
  /** Leave the users and policies of the object store as they are, and in state: for a store that is gone for good. */
  leaveObjectStore?: boolean | undefined;
}

/** What {@link destroyStack} would remove, and what would stay. */
export async function planDestroy(
  stack: auto.Stack,
  progress: Progress,
  options: DestroyOptions = {},
): Promise<Outcome> {
  return runEngine(stack, "preview-destroy", {
    ...engineOptions(options),
    progress,
    exclude: await left(stack, options),
  });
}

/** Removes the stack's objects. Volumes, definitions, namespaces and the passwords that open the data stay. */
export async function destroyStack(
  stack: auto.Stack,
  progress: Progress,
  options: DestroyOptions = {},
): Promise<Outcome> {
  return runEngine(stack, "destroy", { ...engineOptions(options), progress, exclude: await left(stack, options) });
}

const engineOptions = ({ parallel, signal }: DestroyOptions) => ({ parallel, signal });

async function left(stack: auto.Stack, { leaveObjectStore = false }: DestroyOptions): Promise<string[]> {
  const isLeft = ({ urn, type }: { urn: string; type: string }) =>
    isKept(type) || (leaveObjectStore && urn.includes(OF_OBJECT_STORE));
  return (await stateOf(stack)).filter(isLeft).map(({ urn }) => urn);
}
