import { UserError } from "../../components/program/errors.ts";
import type { Change } from "../engine/changes.ts";
import { openUserStack } from "../engine/door.ts";
import { destroyStack, planDestroy } from "../engine/destroy.ts";
import { assertSameCluster, forgetLostResources } from "../engine/forget.ts";
import { streamProgress } from "../progress.ts";
import { changesText } from "../report/changes-text.ts";
import { warningsText } from "../report/warnings.ts";
import { askForName } from "./ask-name.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface DestroyFlags extends StackFlags {
  yes?: true;
  dryRun?: true;
  forgetLost?: true;
  leaveObjectStore?: true;
}

/** Removes the lab's objects; every volume, definition and namespace with data in it stays. */
export async function destroy({ stack: name, folder, json, yes, dryRun, ...flags }: DestroyFlags): Promise<void> {
  const { forgetLost, leaveObjectStore } = flags;
  const progress = streamProgress();
  const opened = await openUserStack({ stack: name, folder, create: false, progress });
  const { stack } = opened;
  const { lab } = opened.plan;
  if (forgetLost && !dryRun) await forgetLostResources(stack, lab, progress);
  else if (!forgetLost) await assertSameCluster(stack, lab);
  const plan = await planDestroy(stack, progress, { leaveObjectStore });
  if (dryRun) {
    const text = [changesText(plan.changes), warningsText(plan.warnings), goneText(name, plan.changes, "would be")];
    print({ stack: name, ...plan }, text.filter(Boolean).join("\n"), json);
    return;
  }
  if (!yes) await confirm(name, plan.changes);
  const done = await destroyStack(stack, progress, { leaveObjectStore });
  print(
    { stack: name, ...done },
    `${[warningsText(done.warnings), goneText(name, done.changes, "were")].filter(Boolean).join("\n")}\nTake it back: npm run platform -- up --stack ${name}`,
    json,
  );
}

function goneText(name: string, changes: readonly Change[], words: "would be" | "were"): string {
  const stay = changes.filter(({ operation }) => operation === "keep");
  const gone = changes.length - stay.length;
  const list = stay.map(({ kind, short }) => `  = ${kind} ${short}`);
  return [`${name}: ${gone} objects ${words} removed, ${stay.length} with data stay:`, ...list].join("\n");
}

async function confirm(name: string, changes: readonly Change[]): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new UserError("destroy asks before it removes anything: run it in a terminal, or with --yes.", {
      exitCode: 2,
    });
  }
  process.stderr.write(`${goneText(name, changes, "would be")}\n`);
  await askForName(name, "Remove them?", "Nothing was removed.");
}
