import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { endProcessesOf } from "./belonging.ts";
import { hasEnded, nameOf, type ProcessName } from "./owner.ts";

/** What the record in a folder says, whatever it is the folder of. */
export interface Owned {
  /** Stays when its owner ends. */
  kept: boolean;
  /** When it was made, ISO 8601. */
  created: string;
  /** The process it was made by. */
  owner: ProcessName;
}

const RECORD = "owner.json";
/** What a rehearsal's record was called before: one that was kept, or that an older clone runs, is nobody's to clear away. */
const FORMER_RECORD = "rehearsal.json";
const UNFINISHED = ".new-";
const UNFINISHED_FOR_MS = 60_000;

/**
 * Makes a folder that this process owns, for nobody else to read. It appears with its record in one step, so that another run's clearing away
 * never sees it unowned.
 * @param more what the record says besides
 * @returns undefined when there is one of that name
 */
export async function createOwned<T extends object>(
  folder: string,
  kept: boolean,
  more: T,
): Promise<(Owned & T) | undefined> {
  const parent = path.dirname(folder);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const unfinished = await mkdtemp(path.join(parent, UNFINISHED));
  const record = { kept, created: new Date().toISOString(), owner: nameOf(process.pid), ...more };
  await writeRecord(unfinished, record);
  try {
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return undefined;
  }
  return record;
}

/** The folders below `parent` that somebody owns, or is making. */
export async function ownedIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(parent, entry.name));
}

/** Whether a folder is only being made. */
export const isUnfinished = (folder: string): boolean => path.basename(folder).startsWith(UNFINISHED);

/** What the record in a folder says. `undefined`: it is being made, or was left half-made by a killed run. */
export async function readRecord<T extends Owned>(folder: string): Promise<T | undefined> {
  for (const name of [RECORD, FORMER_RECORD]) {
    try {
      return JSON.parse(await readFile(path.join(folder, name), "utf8")) as T;
    } catch {
      // Not that one.
    }
  }
  return undefined;
}

/** Writes the record of a folder, in one step, and so that it is there after a power failure. */
export async function writeRecord(folder: string, record: Owned): Promise<void> {
  const file = path.join(folder, RECORD);
  await writeFile(`${file}.new`, JSON.stringify(record, null, 2), { flush: true });
  await rename(`${file}.new`, file);
}

/** Whether a folder was left by a process that has ended. */
export async function isLeft(folder: string): Promise<boolean> {
  const record = await readRecord(folder);
  if (record) return !record.kept && hasEnded(record.owner);
  const made = await stat(folder).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > UNFINISHED_FOR_MS;
}

/** No process and no file of a folder is left. */
export async function removeOwned(folder: string): Promise<void> {
  await endProcessesOf(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes the folders below `parent` that this process made, but for those that stay when it ends. */
export async function removeOwn(parent: string): Promise<void> {
  const { pid, start } = nameOf(process.pid);
  for (const folder of await ownedIn(parent)) {
    const record = await readRecord(folder);
    if (record && !record.kept && record.owner.pid === pid && record.owner.start === start) await removeOwned(folder);
  }
}

/** Moves a folder whose processes are ended to another place, where nobody owns it. */
export async function disown(folder: string, place: string): Promise<void> {
  await rename(folder, place);
  await rm(path.join(place, RECORD));
}
