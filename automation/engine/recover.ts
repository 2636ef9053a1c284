import * as auto from "@pulumi/pulumi/automation/index.js";
import { runsFolder } from "../runs/engine-run.ts";
import { leftText, locksBehind, lockText, removeLocks } from "./locks.ts";
import { pendingIn, pendingText, settlePending } from "./pending.ts";
import { orRefusal, refusal } from "./refusal.ts";
import { readState } from "./stored-state.ts";

/** Something of a killed run that is cleared, or that stays. */
export interface Cleared {
  kind: "run" | "plugins" | "notes" | "lock" | "pending";
  /** A sentence. */
  text: string;
}

/** What was cleared of killed runs, or would be, and what stays for a person to decide. */
export interface Recovery {
  cleared: Cleared[];
  left: Cleared[];
}

/** More locks than that are not of one accident. */
const LOOKS = 10;

/**
 * Clears a stack of what killed runs left in its backend: their locks, and the marks of what they had under way. Nothing in the lab is
 * changed.
 * @param dryRun only looks
 */
export async function recoverState(stack: auto.Stack, { dryRun }: { dryRun: boolean }): Promise<Recovery> {
  const cleared: Cleared[] = [];
  const runs = runsFolder({ ...process.env, ...stack.workspace.envVars });
  for (let look = 0; look < LOOKS; look++) {
    const refused = await lockRefusal(stack);
    if (refused === undefined) break;
    const locks = await locksBehind(stack, refused, runs);
    if (locks.length === 0) throw refusal(refused);
    const removed = dryRun ? locks.filter(({ isDead }) => isDead) : await removeLocks(stack, locks);
    cleared.push(...removed.map((lock) => ({ kind: "lock" as const, text: lockText(lock, dryRun) })));
    const left = locks.filter((lock) => !removed.includes(lock));
    if (left.length > 0)
      return { cleared, left: left.map((lock) => ({ kind: "lock", text: leftText(lock, stack.name) })) };
    if (dryRun) break;
  }
  const pending = dryRun ? await orRefusal(readState(stack).then(pendingIn)) : await settlePending(stack);
  cleared.push(...pending.map((one) => ({ kind: "pending" as const, text: pendingText(one) })));
  return { cleared, left: [] };
}

/**
 * Why the engine would not begin on a stack: it takes the lock and gives it back where it is asked to make a stack that is there. It changes
 * nothing. (pulumi: pkg/backend/diy/backend.go, CreateStack)
 */
async function lockRefusal(stack: auto.Stack): Promise<unknown> {
  try {
    await stack.workspace.createStack(stack.name);
  } catch (error) {
    return error instanceof auto.StackAlreadyExistsError ? undefined : error;
  }
  return undefined;
}
