import { readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { until } from "../../components/rest/until.ts";
import type { BackendFolder } from "./backend-folder.ts";

/** What a lock says of who took it. (pulumi: pkg/backend/diy/lock.go) */
export interface Holder {
  user: string;
  host: string;
  pid: number;
  /** In milliseconds. */
  taken: number;
}

/** A file for which the engine holds a stack locked. */
export interface LockFile {
  /** Absolute path. */
  path: string;
  /** Undefined: the file was cut. */
  holder: Holder | undefined;
  /** When it was written, in milliseconds. */
  written: number;
  /** The engine was killed while it wrote it: it still has the name of a file at work, and is nobody's. (gocloud.dev: blob/fileblob, createTemp) */
  isScrap: boolean;
}

/** How a file is called that the engine has not finished writing, and what it notes beside a file. */
const UNFINISHED = /\.[0-9a-f]{15,16}\.tmp$/;
const NOTES = ".attrs";
/** Longer than a lock takes to be written. */
const WRITTEN_WITHIN_MS = 2_000;
const LOOK_AGAIN_MS = 100;

/** The locks of a stack, as they lie in the backend's folder. One that is just being written is waited for. */
export async function lockFilesIn({ folder, project }: BackendFolder, stack: string): Promise<LockFile[]> {
  const locks = path.join(folder, ".pulumi", "locks", "organization", project, stack);
  const look = async () => {
    const names = (await readdir(locks).catch(() => [])).filter((name) => !name.endsWith(NOTES));
    const found = await Promise.all(names.map((name) => lockFile(path.join(locks, name))));
    return found.filter((lock) => lock !== undefined);
  };
  return until(look, {
    isDone: (found) => !found.some((lock) => lock.isScrap && Date.now() - lock.written < WRITTEN_WITHIN_MS),
    everyMs: LOOK_AGAIN_MS,
    withinMs: 2 * WRITTEN_WITHIN_MS,
  });
}

async function lockFile(file: string): Promise<LockFile | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    return { path: file, holder: holderIn(text), written: mtimeMs, isScrap: UNFINISHED.test(file) };
  } catch {
    return undefined; // Removed meanwhile.
  }
}

function holderIn(text: string): Holder | undefined {
  try {
    const { username, hostname, pid, timestamp } = JSON.parse(text) as Record<string, unknown>;
    const taken = Date.parse(String(timestamp));
    return Number.isNaN(taken)
      ? undefined
      : { user: String(username), host: String(hostname), pid: Number(pid), taken };
  } catch {
    return undefined;
  }
}

/** Removes a file of the backend, and what the engine noted beside it. */
export async function removeLockFile(file: string): Promise<void> {
  await rm(`${file}${NOTES}`, { force: true });
  await rm(file, { force: true });
}

/**
 * The engine's notes beside a stack's state that an engine was killed writing: no engine reads the state any more, though it is whole.
 * (`failed to load checkpoint: EOF`; gocloud.dev: blob/fileblob, getAttrs)
 * @returns absolute paths
 */
export async function cutNotesIn({ folder, project }: BackendFolder, stack: string): Promise<string[]> {
  const states = path.join(folder, ".pulumi", "stacks", project);
  const names = (await readdir(states).catch(() => [])).filter(
    (name) => name.startsWith(`${stack}.json`) && name.endsWith(NOTES),
  );
  const cutIn = async () => {
    const cut = await Promise.all(names.map((name) => isCut(path.join(states, name))));
    return names.filter((_, index) => cut[index]);
  };
  // Another run may be writing them at this moment.
  const cut = await until(cutIn, {
    isDone: (found) => found.length === 0,
    everyMs: LOOK_AGAIN_MS,
    withinMs: WRITTEN_WITHIN_MS,
  });
  return cut.map((name) => path.join(states, name));
}

/** Removes notes of the engine. What it notes there it can do without. */
export async function removeNotes(notes: readonly string[]): Promise<void> {
  for (const file of notes) await rm(file, { force: true });
}

async function isCut(file: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(file, "utf8"));
    return false;
  } catch (error) {
    return error instanceof SyntaxError;
  }
}

/**
 * Removes what engines that were killed did not finish writing of a stack's state, while nobody else can write it. It holds all of the state.
 * @returns how many files
 */
export async function removeUnfinishedState({ folder, project }: BackendFolder, stack: string): Promise<number> {
  const places = [
    path.join(folder, ".pulumi", "stacks", project),
    ...["history", "backups"].map((kind) => path.join(folder, ".pulumi", kind, project, stack)),
  ];
  const files = await Promise.all(
    places.map(async (place, index) =>
      (await readdir(place).catch(() => []))
        .filter((name) => UNFINISHED.test(name) && (index > 0 || name.startsWith(`${stack}.json`)))
        .map((name) => path.join(place, name)),
    ),
  );
  await Promise.all(files.flat().map((file) => rm(file, { force: true })));
  return files.flat().length;
}
