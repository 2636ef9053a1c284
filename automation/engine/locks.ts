import { hostname, userInfo } from "node:os";
import * as auto from "@pulumi/pulumi/automation/index.js";
import { takeOnLocks, type LockHolder } from "../runs/engine-run.ts";

interface Lock extends LockHolder {
  user: string;
  host: string;
}

/** Operations that lock the stack, before their first event. (pulumi: pkg/backend/diy/backend.go) */
const LOCKING = ["up", "destroy", "refresh"];

/** Whether an operation of the engine has the stack's lock while it is at work. */
export const locksStack = (operation: string): boolean => LOCKING.includes(operation);

/** The locks that the engine names where it refuses a stack that is locked. (pulumi: pkg/backend/diy/lock.go, checkForLock) */
export function locksIn(words: string): Lock[] {
  return [...words.matchAll(/^ {2}.*: created by (.*)@([^@\s]*) \(pid (\d+)\) at (\S+)\s*$/gm)].map(
    ([, user = "", host = "", pid, taken = ""]) => ({ user, host, pid: Number(pid), taken: Date.parse(taken) }),
  );
}

/**
 * Removes the locks of engines that this program started and that were killed: of no other is it certain that nobody is at work, since a pid
 * means nothing in another container, and hosts share names.
 * @param runs the folder of the runs, in which killed engines are remembered
 * @returns whether the stack is free now
 */
export async function removeLeftLocks(
  stack: Pick<auto.Stack, "cancel">,
  refusal: unknown,
  runs: string,
): Promise<boolean> {
  if (!(refusal instanceof auto.ConcurrentUpdateError)) return false;
  const locks = locksIn(refusal.message);
  const user = userInfo().username;
  if (!locks.every((lock) => lock.host === hostname() && lock.user === user)) return false;
  if (!(await takeOnLocks(runs, locks))) return false;
  await stack.cancel();
  return true;
}
