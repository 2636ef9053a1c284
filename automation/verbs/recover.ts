import { openUserStack } from "../engine/door.ts";
import { leftoversAt, leftoverText, type Place } from "../engine/leftovers.ts";
import { recoverState, type Cleared, type Recovery } from "../engine/recover.ts";
import { streamProgress } from "../progress.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface RecoverFlags extends StackFlags {
  dryRun?: true;
}

/** Clears a stack of what killed runs left, as `up` does before it begins, so that any door can go on. */
export async function recover({ stack: name, folder, json, dryRun }: RecoverFlags): Promise<void> {
  const progress = streamProgress();
  const onlyLooks = dryRun === true;
  const cleared: Cleared[] = [];
  const leftovers = async (place: Place) => {
    for (const leftover of await leftoversAt(place)) {
      if (!onlyLooks) await leftover.clear();
      cleared.push({ kind: leftover.kind, text: `${leftoverText(leftover, onlyLooks)}.` });
    }
  };
  const { stack } = await openUserStack({ stack: name, folder, create: false, reads: true, leftovers, progress });
  const state = await progress.task(`Looking at what killed runs left of stack ${name}`, () =>
    recoverState(stack, { dryRun: onlyLooks }),
  );
  const recovery = { cleared: [...cleared, ...state.cleared], left: state.left };
  print({ stack: name, dryRun: onlyLooks, ...recovery }, recoveryText(name, recovery, onlyLooks), json);
  if (recovery.left.length > 0) process.exitCode = 3;
}

function recoveryText(name: string, { cleared, left }: Recovery, dryRun: boolean): string {
  if (cleared.length === 0 && left.length === 0)
    return `${name}: no killed run left anything; there was nothing to do.`;
  const lines = [...cleared, ...left].map(({ text }) => `  ${text}`);
  const next =
    left.length > 0
      ? `${name} is not free yet. Nothing in the lab was changed.`
      : dryRun
        ? `Nothing was changed. Clear it: npm run platform -- recover --stack ${name}`
        : `Nothing in the lab was changed. Go on: npm run platform -- up --stack ${name}, or pulumi up.`;
  return [`${name}:`, ...lines, next].join("\n");
}
