import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import lockfile from "proper-lockfile";
import { kill, runningProcesses } from "../processes.ts";

// A holder that is killed leaves the lock; a live one touches it every few seconds, also while its machine is busy.
const STALE_MS = 20_000;
const ASK_AGAIN_MS = 1_000;

/** Who holds the lock, as it tells the others. */
interface Holder {
  pid: number;
  /** What it is at: the program being built. */
  building: string;
}

/**
 * Does `work` while no other process of this user builds: two builds at once need more memory than one may take.
 * @param folder the cache folder of the programs
 * @param waiting told every second, while another process builds, who that is
 */
export async function whileAlone<T>(
  folder: string,
  waiting: (holder: string) => void,
  work: (lock: { announce(building: string): Promise<void> }) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const holderFile = path.join(folder, "building.json");
  const release = await acquire(folder, async () => waiting(describe(await readHolder(holderFile))));
  try {
    endOrphans(folder);
    return await work({
      announce: (building) => writeFile(holderFile, JSON.stringify({ pid: process.pid, building } satisfies Holder)),
    });
  } finally {
    await release();
  }
}

async function acquire(folder: string, wait: () => Promise<void>): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lockfile.lock(folder, { stale: STALE_MS, lockfilePath: path.join(folder, "building.lock") });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
      await wait();
      await pause(ASK_AGAIN_MS);
    }
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Holder;
  } catch {
    return undefined; // It holds the lock and has not said yet what for.
  }
}

function describe(holder: Holder | undefined): string {
  return holder ? `process ${holder.pid}, which builds ${holder.building}` : "another process, which builds";
}

/** A build whose starter was killed goes on by itself and would take its memory beside ours. */
function endOrphans(folder: string): void {
  for (const found of runningProcesses()) {
    const output = found.words[found.words.indexOf("-o") + 1];
    const isBuild = found.words[1] === "build" && output?.startsWith(path.join(folder, "work") + path.sep);
    if (isBuild) kill(found.pid);
  }
}
