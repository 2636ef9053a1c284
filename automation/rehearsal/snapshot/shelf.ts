import { constants } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { cacheFolder } from "../../cache.ts";
import { giveAway, type Home } from "../cluster/homes.ts";

/** What is known of a kept scene. */
export interface SnapshotRecord {
  /** Digest of what made it. (key.ts) */
  key: string;
  /** The folder it was made in: paths in the engine's state lead there. */
  folder: string;
  /** Its loopback ports: addresses in the state and in kubeconfigs have them. */
  ports: number[];
  /** What it said of itself when it was made. */
  shape: unknown;
}

const RECORD = "snapshot.json";
const UNFINISHED = ".new-";
const UNFINISHED_FOR_MS = 60_000;
/** Older ones go when there are more, or when they are larger together. A scene of the whole homelab has some 150 MB. */
const MOST = 8;
const MOST_BYTES = 2 * 1024 ** 3;

/** The folder of all snapshots of this user. */
function shelf(): string {
  return path.join(cacheFolder(), "snapshots");
}

/** The snapshot of a name, if there is one. */
export async function findSnapshot(name: string): Promise<SnapshotRecord | undefined> {
  try {
    return JSON.parse(await readFile(path.join(shelf(), name, RECORD), "utf8")) as SnapshotRecord;
  } catch {
    return undefined; // None, or swept at this moment.
  }
}

/**
 * Takes a home in, which is no rehearsal then, in place of an earlier one of its name. It is moved, and appears with its record in one step: a
 * run that is killed meanwhile leaves none, and what it leaves the next sweep removes.
 */
export async function putSnapshot(home: Home, record: SnapshotRecord): Promise<void> {
  await mkdir(shelf(), { recursive: true });
  const unfinished = await mkdtemp(path.join(shelf(), UNFINISHED));
  await giveAway(home, path.join(unfinished, "home"));
  await writeFile(path.join(unfinished, RECORD), JSON.stringify(record), { mode: 0o600 });
  await dropSnapshot(home.name);
  await rename(unfinished, path.join(shelf(), home.name));
  await sweepSnapshots();
}

/** Copies a snapshot's files into a folder that is there; where the file system can, without copying what is in them. */
export async function takeSnapshot(name: string, folder: string): Promise<void> {
  const place = path.join(shelf(), name);
  await cp(path.join(place, "home"), folder, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  const now = new Date();
  await utimes(path.join(place, RECORD), now, now);
}

export async function dropSnapshot(name: string): Promise<void> {
  await rm(path.join(shelf(), name), { recursive: true, force: true });
}

/** Removes what killed runs left and the snapshots that were not used for longest, down to a number and a size. */
export async function sweepSnapshots({ most = MOST, mostBytes = MOST_BYTES } = {}): Promise<void> {
  const names = await readdir(shelf()).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const record = await stat(path.join(shelf(), name, RECORD)).catch(() => undefined);
      const made = await stat(path.join(shelf(), name)).catch(() => undefined);
      return {
        name,
        used: record?.mtimeMs ?? 0,
        made: made?.mtimeMs ?? 0,
        bytes: await bytesIn(path.join(shelf(), name)),
      };
    }),
  );
  const isUnfinished = ({ name }: { name: string }) => name.startsWith(UNFINISHED);
  const old = found.filter((one) => isUnfinished(one) && Date.now() - one.made > UNFINISHED_FOR_MS);
  let bytes = 0;
  const snapshots = found.filter((one) => !isUnfinished(one)).sort((a, b) => b.used - a.used);
  const surplus = snapshots.filter((one, index) => {
    bytes += one.bytes;
    return index >= most || (index > 0 && bytes > mostBytes);
  });
  for (const { name } of [...old, ...surplus]) await dropSnapshot(name);
}

/** What a folder takes on the disk. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries.map(async (entry) => {
    if (!entry.isFile()) return 0;
    const found = await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
    return (found?.blocks ?? 0) * 512;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
