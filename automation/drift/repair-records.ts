import { isDeepStrictEqual } from "node:util";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import { tokenOf } from "../../components/records/tokens.ts";
import { UserError } from "../../components/program/errors.ts";
import { runEngine, type Seen } from "../engine/run.ts";
import type { Step } from "../engine/steps.ts";
import type { Progress } from "../progress.ts";
import type { FixPlan } from "./fix-plan.ts";
import { toldApart } from "./told-apart.ts";

/** Inputs by which the program says what it saw before it ran: they differ because something is wrong. */
const SEEN_BEFORE = /^(seen|missing|remedy|deployment)\b/;

/** What a run would change in these, beside what it repairs: the stack file says it otherwise than the last `up` had it. */
export function pendingIn(steps: readonly Step[]): string[] {
  return steps
    .filter(({ change }) => change !== undefined)
    .filter(({ type }) => tokenOf(type) !== "storage:Presence" && tokenOf(type) !== "preflight:Cluster")
    .flatMap((step) => (isPending(step) ? [`${step.kind} ${step.short}`] : []));
}

function isPending({ before, after, change }: Step): boolean {
  if (before === undefined || after === undefined) return true;
  if (change?.operation !== "update") return true;
  // A secret that is another one looks the same: then nothing else is to be seen.
  if (isDeepStrictEqual(before, after)) return true;
  return toldApart(before, after).some((path) => !SEEN_BEFORE.test(path));
}

/**
 * Brings records back through their own plugins, and works on no other resource. Each is compared with the stack file before: what is new
 * there would come along.
 * @throws UserError naming what the stack file has otherwise, with nothing done
 */
export async function repairRecords(
  stack: auto.Stack,
  { read, work }: FixPlan["records"],
  progress: Progress,
): Promise<void> {
  if (work.length === 0) return;
  await assertNothingPending(stack, work, progress);
  if (read.length > 0) await runEngine(stack, "refresh", { progress, target: read });
  await runEngine(stack, "up", { progress, target: work });
}

export async function assertNothingPending(stack: auto.Stack, target: string[], progress: Progress): Promise<void> {
  let steps: readonly Step[] = [];
  const seen = (all: Seen) => {
    steps = all.steps;
  };
  await runEngine(stack, "preview", { progress, target, seen });
  const pending = pendingIn(steps.filter(({ urn }) => target.includes(urn)));
  if (pending.length === 0) return;
  throw new UserError(
    `The stack file says something else of ${pending.join(", ")} than the last up made, and to repair it would bring that along. Nothing of it was done: see preview, and run up, or take the change back and run this again.`,
  );
}
