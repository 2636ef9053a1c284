import { hostname, userInfo } from "node:os";
import path from "node:path";
import * as auto from "@pulumi/pulumi/automation/index.js";
import { UserError } from "../../components/program/errors.ts";
import { backendFolder } from "../recovery/backend-folder.ts";
import { lockFilesIn, removeLockFile, removeUnfinishedState, type Holder } from "../recovery/lock-files.ts";
import { runThatLeft, takeOn } from "../runs/engine-run.ts";
import { ageText } from "./age.ts";

/** A lock that keeps runs from a stack. */
export interface Lock {
  /** The name of its file. */
  file: string;
  /** Undefined: the file was cut. */
  holder: Holder | undefined;
  /** Set where it lies in a folder, and the engine does not get past it to say whose it is. */
  place?: string;
  /** When it was written, in milliseconds; of one with a holder that says when. */
  written?: number;
  /** It was never finished, and so is nobody's. */
  isScrap?: boolean;
}

/** A lock, and whether it is certain that nobody is at work any more. */
export interface JudgedLock extends Lock {
  isDead: boolean;
  /** The folder of the run that left it, where one of ours did. */
  run?: string | undefined;
}

type LockedStack = Pick<auto.Stack, "cancel" | "name" | "workspace">;

/** Operations that lock the stack, before their first event. (pulumi: pkg/backend/diy/backend.go) */
const LOCKING = ["up", "destroy", "refresh"];

/** Whether an operation of the engine has the stack's lock while it is at work. */
export const locksStack = (operation: string): boolean => LOCKING.includes(operation);

/** What the engine says where it cannot read a lock, without naming it. (pulumi: pkg/backend/diy/lock.go, checkForLock) */
const UNREADABLE = /unexpected end of JSON input|invalid character .* (looking for|after|in) |\bEOF\b/;

/** The locks that the engine names where it refuses a stack that is locked. (pulumi: pkg/backend/diy/lock.go, checkForLock) */
export function locksIn(words: string): (Lock & { holder: Holder })[] {
  return [...words.matchAll(/^ {2}(.*): created by (.*)@([^@\s]*) \(pid (\d+)\) at (\S+)\s*$/gm)].map(
    ([, url = "", user = "", host = "", pid, taken = ""]) => ({
      file: path.basename(url.split("?")[0] ?? ""),
      holder: { user, host, pid: Number(pid), taken: Date.parse(taken) },
    }),
  );
}

/**
 * The locks for which the engine refused a stack, and which of them are dead: those of engines that this program started and that have ended.
 * Of no other is it certain, since a pid means nothing in another container, and hosts share names.
 * @param error what the engine refused with
 * @param runs the folder of the runs, in which killed engines are remembered
 * @returns none where it was refused for something else
 */
export async function locksBehind(stack: LockedStack, error: unknown, runs: string): Promise<JudgedLock[]> {
  const locks = await namedIn(stack, error);
  return Promise.all(
    locks.map(async (lock) => {
      const run = isOfThisUser(lock.holder) ? await runThatLeft(runs, lock) : undefined;
      return { ...lock, run, isDead: lock.isScrap === true || run !== undefined };
    }),
  );
}

async function namedIn(stack: LockedStack, error: unknown): Promise<Lock[]> {
  if (error instanceof auto.ConcurrentUpdateError) return locksIn(error.message);
  if (!(error instanceof auto.CommandError) || !UNREADABLE.test(error.message)) return [];
  const backend = await backendOf(stack);
  const files = backend ? await lockFilesIn(backend, stack.name) : [];
  return files.map((lock) => ({ ...lock, file: path.basename(lock.path), place: lock.path }));
}

const isOfThisUser = (holder: Holder | undefined) =>
  holder === undefined || (holder.host === hostname() && holder.user === userInfo().username);

const backendOf = ({ workspace }: LockedStack) =>
  backendFolder(workspace.workDir, { ...process.env, ...workspace.envVars });

/**
 * Removes locks that are dead, and with them what their engines left of the state half-written. Of two who ask at once one does.
 * @returns those removed: none unless all could be, where the backend only removes all
 */
export async function removeLocks(stack: LockedStack, locks: readonly JudgedLock[]): Promise<JudgedLock[]> {
  const dead = locks.filter(({ isDead }) => isDead);
  if (dead.length === 0) return [];
  const runs = [...new Set(dead.flatMap(({ run }) => run ?? []))];
  if (dead.every(({ place }) => place !== undefined)) {
    if (runs.length > 0 && !(await takeOn(runs))) return [];
    if (dead.length === locks.length) await removeUnfinished(stack);
    for (const { place = "" } of dead) await removeLockFile(place);
    return dead;
  }
  if (dead.length < locks.length || !(await takeOn(runs))) return [];
  await releaseAll(stack);
  return dead;
}

/** Removes every lock of a stack, of which the last engine is known to have ended, and what that one left of the state half-written. */
export async function releaseAll(stack: LockedStack): Promise<void> {
  await removeUnfinished(stack);
  await stack.cancel();
}

/** As long as a stack is locked by the dead, nobody else writes it. */
async function removeUnfinished(stack: LockedStack): Promise<void> {
  const backend = await backendOf(stack);
  if (backend) await removeUnfinishedState(backend, stack.name);
}

/**
 * Removes the dead locks for which the engine refused a stack.
 * @returns what to say of each that was removed; empty where the stack is not free
 * @throws UserError where the engine does not get past a lock that it cannot read, and that may not be removed
 */
export async function removeLeftLocks(stack: LockedStack, error: unknown, runs: string): Promise<string[]> {
  const locks = await locksBehind(stack, error, runs);
  const removed = await removeLocks(stack, locks);
  const unreadable = locks.filter(({ holder, place }) => place !== undefined && holder === undefined);
  if (removed.length === 0 && unreadable.length > 0)
    throw new UserError(unreadable.map((lock) => cutText(lock, stack.name)));
  return removed.map((lock) => lockText(lock));
}

/** What is said of a lock that is removed. */
export function lockText(lock: JudgedLock, dryRun = false): string {
  const whose = lock.holder ? ` (${sinceText(lock.holder)})` : `, which was cut (${lock.file})`;
  return `${dryRun ? "Would remove" : "Removed"} the lock of a run that was killed${whose}.`;
}

/** A lock that stays, with how old it is and what a person can do. */
export function leftText(lock: JudgedLock, stack: string): string {
  if (lock.holder === undefined) return cutText(lock, stack);
  return `It is locked by ${holderText(lock.holder)}. That this run has ended is not certain from here: ${cancelText(stack)}`;
}

/** Who holds a lock, and for how long. */
export function holderText(holder: Holder): string {
  return `${holder.user}@${holder.host} (${sinceText(holder)})`;
}

function sinceText({ pid, taken }: Holder): string {
  return `process ${pid} since ${timeText(taken)}, ${ageText(Date.now() - taken)} ago`;
}

function cutText({ place, file, written = Date.now() }: Lock, stack: string): string {
  const age = `${timeText(written)}, ${ageText(Date.now() - written)} ago`;
  return `The stack's lock ${place ?? file} is cut, and no run gets past it: it was written ${age}, before a power failure or on a full disk. Whose it is cannot be told: ${cancelText(stack)}`;
}

const cancelText = (stack: string) => `if no run is at work, pulumi cancel --stack ${stack} --yes`;

const timeText = (time: number) => new Date(time).toISOString().replace(/\.\d+Z/, "Z");
