import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../components/errors.ts";
import { cacheFolder } from "../../cache.ts";
import { startOf } from "../../processes.ts";
import { endProcessesOf, processesOf } from "./belonging.ts";

/** One rehearsal: a folder that holds all it has on disk, and the processes started with it. */
export interface Home {
  name: string;
  /** Absolute path. */
  folder: string;
  /** Stays when its owner ends: `rehearse --keep`. */
  kept: boolean;
  /** When it was made, ISO 8601. */
  created: string;
}

interface Record extends Omit<Home, "folder"> {
  /** The process that runs the rehearsal; together with its start it is named for good. */
  owner: { pid: number; start: string };
}

const RECORD = "rehearsal.json";
const UNFINISHED = ".new-";
const UNFINISHED_FOR_MS = 60_000;

/** The folder of all rehearsals of this user. */
export function rehearsalsFolder(): string {
  return path.join(cacheFolder(), "rehearsals");
}

/** A name for a rehearsal that no other has: `homelab-3f9a2c`. */
export function freshName(stack: string): string {
  return `${stack}-${randomBytes(3).toString("hex")}`;
}

/**
 * Makes the folder of a rehearsal that this process owns. It appears with its record in one step, so that another
 * run's cleaning up never sees it unowned.
 * @throws UserError when there is one of that name
 */
export async function createHome(name: string, { kept }: { kept: boolean }): Promise<Home> {
  const folder = path.join(rehearsalsFolder(), name);
  await mkdir(rehearsalsFolder(), { recursive: true });
  const unfinished = await mkdtemp(path.join(rehearsalsFolder(), UNFINISHED));
  const home = { name, kept, created: new Date().toISOString() };
  await writeRecord(unfinished, { ...home, owner: { pid: process.pid, start: startOf(process.pid) ?? "" } });
  try {
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    throw new UserError(
      `There is a rehearsal named ${name} in ${folder}: end it (rehearse --down), or choose another name`,
    );
  }
  return { ...home, folder };
}

/** Makes a rehearsal stay after this process, or no longer. */
export async function setKept(home: Home, kept: boolean): Promise<Home> {
  const record = await readRecord(home.folder);
  if (!record) throw new UserError(`There is no rehearsal in ${home.folder} any more`);
  await writeRecord(home.folder, { ...record, kept });
  return { ...home, kept };
}

/** Every rehearsal there is, kept or running, oldest first. */
export async function listHomes(): Promise<Home[]> {
  const records = await Promise.all(
    (await folders()).map(async (folder) => ({ folder, record: await readRecord(folder) })),
  );
  return records
    .flatMap(({ folder, record }) =>
      record ? [{ folder, name: record.name, kept: record.kept, created: record.created }] : [],
    )
    .filter((home) => !path.basename(home.folder).startsWith(UNFINISHED))
    .sort((a, b) => a.created.localeCompare(b.created));
}

/** Whether anything of a rehearsal runs. (Not after the machine was started again.) */
export function isRunning(home: Home): boolean {
  return processesOf(home.folder).length > 0;
}

/** Ends a rehearsal: no process and no file of it is left. */
export async function removeHome(folder: string): Promise<void> {
  await endProcessesOf(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Moves the files of a home whose processes are ended to another place, where they are nobody's rehearsal. */
export async function giveAway({ folder }: Home, place: string): Promise<void> {
  await rename(folder, place);
  await rm(path.join(place, RECORD));
}

/**
 * Removes what killed runs left: every rehearsal whose owner is gone and that is not kept.
 * @returns the names of those removed
 */
export async function cleanUpStale(): Promise<string[]> {
  const removed: string[] = [];
  for (const folder of await folders()) {
    if (!(await isStale(folder))) continue;
    await removeHome(folder);
    removed.push(path.basename(folder));
  }
  return removed;
}

async function isStale(folder: string): Promise<boolean> {
  const record = await readRecord(folder);
  if (record) return !record.kept && startOf(record.owner.pid) !== record.owner.start;
  const made = await stat(folder).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > UNFINISHED_FOR_MS;
}

async function folders(): Promise<string[]> {
  const entries = await readdir(rehearsalsFolder(), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(rehearsalsFolder(), entry.name));
}

async function readRecord(folder: string): Promise<Record | undefined> {
  try {
    return JSON.parse(await readFile(path.join(folder, RECORD), "utf8")) as Record;
  } catch {
    return undefined; // Being made, or left half-made by a killed run.
  }
}

async function writeRecord(folder: string, record: Record): Promise<void> {
  const file = path.join(folder, RECORD);
  await writeFile(`${file}.new`, JSON.stringify(record, null, 2));
  await rename(`${file}.new`, file);
}
