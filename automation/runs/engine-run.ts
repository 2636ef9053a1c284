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

/** Writes down that the engine of a run ended in order: it holds no lock. */
export async function engineEnded(env: Environment): Promise<void> {
  await change(markIn(env), (record) => ({ ...record, engine: undefined }));
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
export interface LockHolder {
  pid: number;
  /** When it was taken, in milliseconds, to the second. */
  taken: number;
}

/**
 * Takes on the locks of engines of ours that were killed: each of them must be known as such, and whoever asks first has it alone.
 * @returns whether all are ours to remove
 */
export async function takeOnLocks(runs: string, holders: readonly LockHolder[]): Promise<boolean> {
  const killed = await Promise.all(
    (await ownedIn(runs)).map(async (folder) => ({ folder, record: await readRecord<RunRecord>(folder) })),
  );
  const folders = holders.map(({ pid, taken }) => {
    const isIt = (record: RunRecord | undefined) =>
      record?.engine?.pid === pid && taken > Date.parse(record.created) - 1000 && hasEnded(record.engine);
    return killed.find(({ record }) => isIt(record))?.folder;
  });
  if (folders.length === 0) return false;
  for (const folder of folders) if (folder === undefined || !(await take(folder))) return false;
  return true;
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
