import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { cacheFolder } from "../cache.ts";
import { markIn, markOf } from "./belonging.ts";
import { endEngine } from "./end-engine.ts";
import { createOwned, isLeft, ownedIn, readRecord, writeRecord, type Owned } from "./owned-folder.ts";
import { hasEnded, nameOf, type ProcessName } from "./owner.ts";

/** One run of the engine: a folder of this process, by which all that the engine starts is known. */
export interface EngineRun {
  folder: string;
  /** Lets the engine, and all that it starts, write their temporary files there, and carry its mark. */
  env: Record<string, string>;
}

interface RunRecord extends Owned {
  stack: string;
  /** The engine that may hold the stack's lock: it has begun and has not ended in order. */
  engine?: ProcessName | undefined;
  /** File name of the lock that this engine was seen to hold: it tells whose it is where the file itself was cut. */
  lock?: string | undefined;
  /** All of it has ended, and only the engine's name is kept, for the lock it may have left. */
  ended?: true;
}

type Environment = Readonly<Record<string, string | undefined>>;

const TEMPORARY = "tmp";
/** How long it is remembered which engines were killed. */
const REMEMBERED_FOR_MS = 30 * 24 * 60 * 60 * 1000;

/** Where the runs are whose engine has this environment: in the rehearsal's folder that it is marked with, or in the user's cache. */
export function runsFolder(env: Environment): string {
  return path.join(markIn(env) ?? cacheFolder(), "runs");
}

/** Begins a run of a stack's engine. */
export async function beginRun(runs: string, stack: string): Promise<EngineRun> {
  const folder = path.join(runs, `${stack}-${randomBytes(4).toString("hex")}`);
  await createOwned(folder, false, { stack });
  const temporary = path.join(folder, TEMPORARY);
  await mkdir(temporary, { mode: 0o700 });
  return { folder, env: { TMPDIR: temporary, ...markOf(folder) } };
}

/** Writes down which process is the engine of the run that an environment belongs to. */
export async function engineBegan(env: Environment, pid: number): Promise<void> {
  await change(markIn(env), (record) => ({ ...record, engine: nameOf(pid) }));
}

/** Writes down which file is the lock that the engine of a run holds. */
export async function engineHasLock(env: Environment, lock: string): Promise<void> {
  await change(markIn(env), (record) => ({ ...record, lock }));
}

/** Writes down that the engine of a run ended in order: it holds no lock. */
export async function engineEnded(env: Environment): Promise<void> {
  await change(markIn(env), (record) => ({ ...record, engine: undefined, lock: undefined }));
}

/** Not a run's folder, or one that is gone: there is nothing to write down. */
async function change(folder: string | undefined, to: (record: RunRecord) => RunRecord): Promise<void> {
  const record = folder === undefined ? undefined : await readRecord<RunRecord>(folder);
  if (folder === undefined || record === undefined) return;
  await writeRecord(folder, to(record)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  });
}

/** Whether the engine of a run was killed, and so may have left the stack's lock. */
export async function engineWasKilled({ folder }: EngineRun): Promise<boolean> {
  return (await readRecord<RunRecord>(folder))?.engine !== undefined;
}

/** Ends a run whose engine has ended: no file is left but the name of an engine that was killed. */
export async function endRun({ folder }: EngineRun): Promise<void> {
  await settle(folder);
}

/** The names of the runs whose own process was killed, and that were not cleared away yet. */
export async function leftRuns(runs: string): Promise<string[]> {
  const left: string[] = [];
  for (const folder of await ownedIn(runs))
    if ((await isLeft(folder)) && !(await readRecord<RunRecord>(folder))?.ended) left.push(path.basename(folder));
  return left;
}

/**
 * Ends what runs left whose own process was killed, and their files.
 * @returns the names of those runs
 */
export async function clearAway(runs: string): Promise<string[]> {
  const cleared: string[] = [];
  for (const folder of await ownedIn(runs)) {
    if (!(await isLeft(folder))) continue;
    const record = await readRecord<RunRecord>(folder);
    if (record?.ended) {
      if (Date.now() - Date.parse(record.created) > REMEMBERED_FOR_MS)
        await rm(folder, { recursive: true, force: true });
      continue;
    }
    await endEngine(folder);
    await settle(folder);
    cleared.push(path.basename(folder));
  }
  return cleared;
}

async function settle(folder: string): Promise<void> {
  const record = await readRecord<RunRecord>(folder);
  if (record?.engine === undefined) return rm(folder, { recursive: true, force: true, maxRetries: 5 });
  await rm(path.join(folder, TEMPORARY), { recursive: true, force: true, maxRetries: 5 });
  await change(folder, (found) => ({ ...found, ended: true }));
}

/** Forgets the engines of a stack that were killed. */
export async function forgetEngines(runs: string, stack: string): Promise<void> {
  for (const folder of await ownedIn(runs)) {
    const record = await readRecord<RunRecord>(folder);
    if (record?.ended && record.stack === stack) await rm(folder, { recursive: true, force: true });
  }
}

/** A lock, as far as it tells whose it is. */
export interface LockMark {
  /** Its file's name; undefined where it is not told. */
  file?: string | undefined;
  /** What it says; undefined where it was cut. */
  holder?: LockHolder | undefined;
}

export interface LockHolder {
  pid: number;
  /** When it was taken, in milliseconds, to the second. */
  taken: number;
}

/**
 * The run of ours whose engine left a lock: it was written down before, on this machine, and has ended for certain.
 * @returns the run's folder; undefined where nothing proves it
 */
export async function runThatLeft(runs: string, { file, holder }: LockMark): Promise<string | undefined> {
  for (const folder of await ownedIn(runs)) {
    const record = await readRecord<RunRecord>(folder);
    if (record?.engine === undefined || !hasEnded(record.engine)) continue;
    const isIts =
      holder === undefined
        ? file !== undefined && record.lock === file
        : record.engine.pid === holder.pid && holder.taken > Date.parse(record.created) - 1000;
    if (isIts) return folder;
  }
  return undefined;
}

/**
 * Takes on the locks that runs of ours left: whoever asks first has each alone.
 * @param left the folders of those runs
 * @returns whether all are ours to remove
 */
export async function takeOn(left: readonly string[]): Promise<boolean> {
  for (const folder of left) if (!(await take(folder))) return false;
  return left.length > 0;
}

/** Renamed first, since of two that remove a folder both succeed. */
async function take(folder: string): Promise<boolean> {
  const mine = `${folder}.${randomBytes(4).toString("hex")}`;
  try {
    await rename(folder, mine);
  } catch {
    return false;
  }
  await rm(mine, { recursive: true, force: true });
  return true;
}
