import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { Progress } from "../progress.ts";
import { orRefusal } from "./refusal.ts";
import { runEngine, type Outcome } from "./run.ts";

// Data in a retained volume opens only with the password it was made with, so what was made once stays in the stack.
const KEPT_IN_STATE = "pulumi-nodejs:dynamic/secrets:GeneratedText";

/** What {@link destroyStack} would remove, and what would stay. */
export async function planDestroy(stack: auto.Stack, progress: Progress): Promise<Outcome> {
  return runEngine(stack, "preview-destroy", { progress, exclude: await madeOnce(stack) });
}

/** Removes the stack's objects. Volumes, definitions, namespaces and the passwords that open the data stay. */
export async function destroyStack(stack: auto.Stack, progress: Progress): Promise<Outcome> {
  return runEngine(stack, "destroy", { progress, exclude: await madeOnce(stack) });
}

async function madeOnce(stack: auto.Stack): Promise<string[]> {
  const deployment: unknown = (await orRefusal(stack.exportStack())).deployment;
  const { resources = [] } = deployment as { resources?: { urn: string; type: string }[] };
  return resources.filter(({ type }) => type === KEPT_IN_STATE).map(({ urn }) => urn);
}
