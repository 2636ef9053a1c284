import type * as auto from "@pulumi/pulumi/automation/index.js";
import { UserError } from "../../components/program/errors.ts";
import { openUserStack } from "../engine/door.ts";
import { orRefusal } from "../engine/refusal.ts";
import { readState, writeState } from "../engine/stored-state.ts";
import { streamProgress, type Progress } from "../progress.ts";
import { filesAt, type StateFiles } from "../state/files.ts";
import { listed, listText, sizeText, stateText } from "../state/listing.ts";
import { placeOfState } from "../state/place.ts";
import { assertRestored, planRestore, restoreText } from "../state/restore-plan.ts";
import { bytesOf, savedStates, toPrune, type SavedState } from "../state/saved.ts";
import { askForName } from "./ask-name.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

interface Opened {
  stack: auto.Stack;
  files: StateFiles;
  saved: SavedState[];
  progress: Progress;
}

/** The states that the engine has kept of a stack. Nothing of the lab is asked. */
async function open({ stack: name, folder }: StackFlags): Promise<Opened> {
  const progress = streamProgress();
  const { stack } = await openUserStack({ stack: name, folder, create: false, reads: true, progress });
  const { url = "" } = await orRefusal(stack.workspace.whoAmI());
  const env = { ...process.env, ...stack.workspace.envVars };
  const files = filesAt(await placeOfState(url, env, stack.workspace.workDir));
  return { stack, files, saved: await savedStates(files, name), progress };
}

export interface ListFlags extends StackFlags {
  all?: true;
}

/** How many are opened and shown unless all are asked for: of each the whole state is read. */
const SHOWN = 20;

/** Every state that can be restored, the newest first. */
export async function list({ json, all, ...flags }: ListFlags): Promise<void> {
  const { stack, files, saved, progress } = await open(flags);
  const present = await readState(stack);
  const shown = all ? saved : saved.slice(0, SHOWN);
  const states = await progress.task(`Reading ${shown.length} states`, () => listed(files, shown, present));
  const older = saved.slice(shown.length);
  const rest = { states: older.length, bytes: older.reduce((sum, one) => sum + bytesOf(one), 0) };
  print({ stack: flags.stack, states, older: rest }, listText(flags.stack, states, rest), json);
}

export interface PruneFlags extends StackFlags {
  keep?: number;
  olderThan?: number;
  dryRun?: true;
  yes?: string;
}

/** Removes kept states, never the newest, and never the state itself. */
export async function prune({ json, keep, olderThan, dryRun, yes, ...flags }: PruneFlags): Promise<void> {
  if (keep === undefined && olderThan === undefined)
    throw new UserError("Say which states go: --keep 20, or --older-than 30d.", { exitCode: 2 });
  assertNamed(flags.stack, yes, "removed");
  const { files, saved, progress } = await open(flags);
  const going = toPrune(saved, keep === undefined ? { before: Date.now() - (olderThan ?? 0) } : { keep });
  const bytes = going.reduce((sum, one) => sum + bytesOf(one), 0);
  const result = { stack: flags.stack, states: going.map(({ id }) => id), bytes, kept: saved.length - going.length };
  const count = `${going.length} of ${saved.length} kept states`;
  const last = going.at(-1);
  const span = last ? `, from ${last.id} to ${going[0]?.id ?? ""}` : "";
  if (dryRun || going.length === 0) {
    const text = `${flags.stack}: ${count} would be removed${span}: ${sizeText(bytes)}. The newest and the state itself stay.`;
    print({ ...result, removed: false }, text, json);
    return;
  }
  const question = `${count} of ${flags.stack} would be removed for good${span}: ${sizeText(bytes)}.`;
  if (yes === undefined) await confirm(flags.stack, question, "Remove them?", "removed");
  await progress.task(`Removing ${going.length} states`, async (task) => {
    // The oldest first: what a run that is broken off leaves is whole.
    for (const [index, one] of [...going].reverse().entries()) {
      task.update(`${index} of ${going.length}`);
      for (const { key } of one.files) await files.remove(key);
    }
  });
  print(
    { ...result, removed: true },
    `${flags.stack}: ${count} were removed: ${sizeText(bytes)}. ${result.kept} stay, and the state itself.`,
    json,
  );
}

export interface RestoreFlags extends StackFlags {
  dryRun?: true;
  yes?: string;
}

/** Takes a kept state in the place of the present one, and touches nothing of the lab. */
export async function restore(id: string, { json, dryRun, yes, ...flags }: RestoreFlags): Promise<void> {
  assertNamed(flags.stack, yes, "changed");
  const { stack, files, saved, progress } = await open(flags);
  const plan = await planRestore({ stack, files, saved, present: await readState(stack) }, id);
  const { listed: one, difference, pending, presentAs } = plan;
  const result = { stack: flags.stack, state: one, means: { ...difference, pending }, before: presentAs };
  if (one.isPresent) {
    print({ ...result, restored: false }, `${one.id} is the present state of ${flags.stack} already.`, json);
    return;
  }
  const meaning = restoreText(flags.stack, plan);
  if (dryRun) {
    print({ ...result, restored: false }, meaning, json);
    return;
  }
  if (yes === undefined) await confirm(flags.stack, meaning, "Restore it?", "changed");
  else process.stderr.write(`${meaning}\n`);
  await progress.task(`Restoring ${one.id}`, async () => {
    await writeState(stack, plan.state);
    assertRestored(await readState(stack), plan);
  });
  const text = [
    `${flags.stack} has the state of ${stateText(one)} again.`,
    presentAs === undefined
      ? "The state of before is kept beside it, as .bak, until the next run writes over that."
      : `The state of before: npm run platform -- state restore ${presentAs} --stack ${flags.stack}`,
    `See what up would do now: npm run platform -- preview --stack ${flags.stack}`,
  ];
  print({ ...result, restored: true }, text.join("\n"), json);
}

function assertNamed(stack: string, yes: string | undefined, done: string): void {
  if (yes === undefined || yes === stack) return;
  throw new UserError(`--yes says ${yes}, and the stack is ${stack}: nothing was ${done}.`, { exitCode: 2 });
}

async function confirm(stack: string, what: string, question: string, done: string): Promise<void> {
  process.stderr.write(`${what}\n`);
  if (!process.stdin.isTTY) {
    throw new UserError(`This asks first: run it in a terminal, or with --yes ${stack}. Nothing was ${done}.`, {
      exitCode: 2,
    });
  }
  await askForName(stack, question, `Nothing was ${done}.`);
}
