import type * as auto from "@pulumi/pulumi/automation/index.js";
import type { LabConfig } from "../../components/lab/sections.ts";
import { UserError } from "../../components/program/errors.ts";
import { forgetLostResources } from "../engine/forget.ts";
import { runEngine, type Seen } from "../engine/run.ts";
import type { Step } from "../engine/steps.ts";
import { readState, writeState } from "../engine/stored-state.ts";
import type { Progress } from "../progress.ts";
import { pendingIn } from "./repair-records.ts";
import type { Given } from "./repair.ts";
import { toldApart } from "./told-apart.ts";

export interface AnewOptions {
  stack: auto.Stack;
  lab: LabConfig;
  /** URNs of what was lost. */
  lost: ReadonlySet<string>;
  /** The stack's resources as they were. */
  resources: readonly Given[];
  progress: Progress;
}

/**
 * Makes anew what was lost with its cluster or namespace: the state lets go of it and an `up` makes it again, with the passwords there were.
 * If that would bring along what is new in the stack file, the state is put back as it was.
 * @throws UserError with nothing done and the state as before
 */
export async function makeAnew({ stack, lab, lost, resources, progress }: AnewOptions): Promise<void> {
  const before = await readState(stack);
  await forgetLostResources(stack, lab, progress);
  let steps: readonly Step[] = [];
  const seen = (all: Seen) => {
    steps = all.steps;
  };
  try {
    await runEngine(stack, "preview", { progress, seen });
    const inputs = new Map(resources.map((one) => [one.urn, one.inputs]));
    const others = pendingIn(steps.filter(({ urn }) => !lost.has(urn)));
    const otherwise = steps.filter((step) => lost.has(step.urn) && isOther(step, inputs.get(step.urn)));
    const pending = [...others, ...otherwise.map(({ kind, short }) => `${kind} ${short}`)];
    if (pending.length > 0)
      throw new UserError(
        `The stack file says something else than the last up made (${pending.slice(0, 5).join(", ")}${pending.length > 5 ? `, and ${pending.length - 5} more` : ""}), and to make the lab anew would bring that along. Nothing was done, and the state is as it was. If it is meant: npm run platform -- up --stack ${stack.name} --forget-lost`,
      );
  } catch (error) {
    await writeState(stack, before);
    throw error;
  }
  await runEngine(stack, "up", { progress });
}

/** Whether what is made now is something else than what was lost. */
const isOther = ({ after }: Step, before: Given["inputs"] | undefined): boolean =>
  after === undefined || before === undefined || toldApart(before, after).length > 0;
