import type * as auto from "@pulumi/pulumi/automation/index.js";
import { UserError } from "../../components/program/errors.ts";
import { hasState } from "../engine/steps.ts";
import type { StoredState } from "../engine/stored-state.ts";
import { parseUrn } from "../engine/urn.ts";
import { checkpointIn, isSameState } from "./checkpoint.ts";
import { differenceBetween, differenceText, type Difference } from "./difference.ts";
import type { StateFiles } from "./files.ts";
import { assertFits } from "./fits.ts";
import { listed, stateText, type ListedState } from "./listing.ts";
import type { SavedState } from "./saved.ts";

export interface RestoreArgs {
  stack: auto.Stack;
  files: StateFiles;
  saved: readonly SavedState[];
  present: StoredState;
}

/** What restoring a state would do. */
export interface RestorePlan {
  listed: ListedState;
  /** What the engine is given. */
  state: StoredState;
  difference: Difference;
  /** How many things of the lab the present state knows. */
  presentResources: number;
  /** What was begun and not ended by the present state's last run: no state remembers it afterwards. */
  pending: string[];
  /** Where the present state is kept as well. Undefined: nowhere. */
  presentAs: string | undefined;
}

/** @throws UserError for an id that is none, and for a state that does not fit the stack */
export async function planRestore({ stack, files, saved, present }: RestoreArgs, id: string): Promise<RestorePlan> {
  const chosen = stateCalled(saved, id);
  const checkpoint = checkpointIn(chosen.checkpoint, await files.read(chosen.checkpoint));
  await assertFits(stack, present, checkpoint);
  const { version, features, deployment } = checkpoint;
  const [one] = await listed(files, [chosen], present);
  if (one === undefined) throw new Error("a state that was read is not listed");
  const { resources = [], pending_operations: pending = [] } = present.deployment;
  return {
    listed: one,
    state: { version, ...(features && { features }), deployment },
    difference: differenceBetween(resources, deployment.resources ?? []),
    presentResources: resources.filter(hasState).length,
    pending: pending.map(
      ({ type, resource }) => `${type} ${parseUrn(resource.urn).kind} ${parseUrn(resource.urn).short}`,
    ),
    presentAs: await keptAs(files, saved, present),
  };
}

function stateCalled(saved: readonly SavedState[], id: string): SavedState {
  const found = saved.filter((one) => one.id === id || one.id.startsWith(id));
  const exact = found.find((one) => one.id === id) ?? (found.length === 1 ? found[0] : undefined);
  if (exact) return exact;
  const ids = (found.length > 0 ? found : saved).slice(0, NAMED).map((one) => one.id);
  throw new UserError(
    found.length > 0
      ? `${id} is the beginning of several kept states: ${ids.join(", ")}.`
      : `No kept state is called ${id}.${ids.length > 0 ? ` The newest are ${ids.join(", ")}.` : ""} All: state list --all`,
    { exitCode: 2 },
  );
}

const NAMED = 5;

/** The present state is one of the newest, unless somebody has restored or edited it since. */
async function keptAs(
  files: StateFiles,
  saved: readonly SavedState[],
  present: StoredState,
): Promise<string | undefined> {
  const newest = await listed(files, saved.slice(0, NAMED), present);
  return newest.find(({ isPresent }) => isPresent)?.id;
}

/** Makes sure that the engine has taken what it was given. @throws UserError */
export function assertRestored(now: StoredState, { state, listed: { id } }: RestorePlan): void {
  if (!isSameState(now.deployment, state.deployment))
    throw new UserError(`The engine took ${id}, and the state is another now: somebody else works on this stack.`);
}

/** What restoring means, in words. */
export function restoreText(stack: string, plan: RestorePlan): string {
  const { listed: one, difference, presentResources, pending } = plan;
  const differences = differenceText(difference);
  return [
    `${stateText(one)} would take the place of the present state of ${stack} (${presentResources} resources). Nothing of the lab is touched, now or by this:`,
    ...(differences.length > 0 ? differences : ["  Both know the same."]),
    ...(pending.length > 0
      ? [
          `  ${pending.length} were begun by the last run and not ended, which nothing would remember: ${pending.join(", ")}.`,
        ]
      : []),
  ].join("\n");
}
