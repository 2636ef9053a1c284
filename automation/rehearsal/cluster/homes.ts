import { randomBytes } from "node:crypto";
import path from "node:path";
import { UserError } from "../../../components/program/errors.ts";
import { cacheFolder } from "../../cache.ts";
import {
  createOwned,
  disown,
  isLeft,
  isUnfinished,
  ownedIn,
  readRecord,
  removeOwn,
  removeOwned,
  type Owned,
} from "../../runs/owned-folder.ts";

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

type Record = Owned & { name: string };

/** The folder of all rehearsals of this user. */
export function rehearsalsFolder(): string {
  return path.join(cacheFolder(), "rehearsals");
}

/** A name for a rehearsal that no other has: `homelab-3f9a2c`. */
export function freshName(stack: string): string {
  return `${stack}-${randomBytes(3).toString("hex")}`;
}

/**
 * Makes the folder of a rehearsal that this process owns.
 * @throws UserError when there is one of that name
 */
export async function createHome(name: string, { kept }: { kept: boolean }): Promise<Home> {
  const folder = path.join(rehearsalsFolder(), name);
  const record = await createOwned(folder, kept, { name });
  if (record) return { name, folder, kept, created: record.created };
  throw new UserError(
    `There is a rehearsal named ${name} in ${folder}: end it (rehearse --down), or choose another name`,
  );
}

/** Every rehearsal there is, kept or running, oldest first. */
export async function listHomes(): Promise<Home[]> {
  const records = await Promise.all(
    (await ownedIn(rehearsalsFolder()))
      .filter((folder) => !isUnfinished(folder))
      .map(async (folder) => ({ folder, record: await readRecord<Record>(folder) })),
  );
  return records
    .flatMap(({ folder, record }) =>
      record ? [{ folder, name: record.name, kept: record.kept, created: record.created }] : [],
    )
    .sort((a, b) => a.created.localeCompare(b.created));
}

/** Ends a rehearsal: no process and no file of it is left. */
export const removeHome = removeOwned;

/** Ends every rehearsal of this process that is not kept. */
export const removeOwnHomes = (): Promise<void> => removeOwn(rehearsalsFolder());

/** Moves the files of a home whose processes are ended to another place, where they are nobody's rehearsal. */
export const giveAway = ({ folder }: Home, place: string): Promise<void> => disown(folder, place);

/**
 * Removes what killed runs left: every rehearsal whose owner is gone and that is not kept.
 * @returns the names of those removed
 */
export async function cleanUpStale(): Promise<string[]> {
  const removed: string[] = [];
  for (const folder of await ownedIn(rehearsalsFolder())) {
    if (!(await isLeft(folder))) continue;
    await removeHome(folder);
    removed.push(path.basename(folder));
  }
  return removed;
}
