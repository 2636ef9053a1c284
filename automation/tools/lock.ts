import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import lockfile from "proper-lockfile";
import { until } from "../../components/rest/until.ts";
import { kill, runningProcesses, startOf } from "../processes.ts";

// A holder that is killed leaves the lock; a live one touches it every few seconds, also while its machine is busy.
const STALE_MS = 20_000;
const ASK_AGAIN_MS = 1_000;

/** Who holds the lock, as it tells the others. */
interface Holder {
  pid: number;
  /** With the pid it names a process for good. */
  start: string | undefined;
  /** What it is at: `builds etcd`. */
  doing: string;
}

/**
 * Does `work` while no other process of this user does such work in the folder: two builds at once need more memory than one may take.
 * @param folder the cache folder of the programs
 * @param waiting told every second, while another process works, who that is and what it does
 */
export async function whileAlone<T>(
  folder: string,
  waiting: (holder: string) => void,
  work: (lock: { announce(doing: string): Promise<void> }) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const release = await acquire(folder, waiting);
  try {
    endOrphans(workFolder(folder));
    await rm(workFolder(folder), { recursive: true, force: true });
    return await work({ announce: (doing) => announce(folder, doing) });
  } finally {
    await rm(holderFile(folder), { force: true });
    // It is not ours any more when this process slept so long that another took it for dead.
    await release().catch(() => undefined);
  }
}

type Release = () => Promise<void>;

async function acquire(folder: string, waiting: (holder: string) => void): Promise<Release> {
  const lockfilePath = path.join(folder, "building.lock");
  // A lock taken over while its holder slept is no harm: a program gets its name only when whole.
  const options = { stale: STALE_MS, lockfilePath, onCompromised: () => undefined };
  const take = async (): Promise<Release | undefined> => {
    try {
      return await lockfile.lock(folder, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    }
    const holder = await readHolder(folder);
    waiting(holder ? `process ${holder.pid}, which ${holder.doing}` : "another process");
    if (holder === undefined || startOf(holder.pid) === holder.start) return undefined;
    // In this order, so that who gets the lock next is not taken for the dead one.
    await rm(holderFile(folder), { force: true });
    await rm(lockfilePath, { recursive: true, force: true });
    return take();
  };
  const release = await until(take, { isDone: (taken) => taken !== undefined, everyMs: ASK_AGAIN_MS });
  return release as Release;
}

function holderFile(folder: string): string {
  return path.join(folder, "building.json");
}

async function announce(folder: string, doing: string): Promise<void> {
  const holder: Holder = { pid: process.pid, start: startOf(process.pid), doing };
  await writeFile(holderFile(folder), JSON.stringify(holder));
}

async function readHolder(folder: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(holderFile(folder), "utf8")) as Holder;
  } catch {
    return undefined; // It holds the lock and has not said yet what for.
  }
}

/** Where builds have what they need only meanwhile. Whoever holds the lock finds it empty. */
export function workFolder(folder: string): string {
  return path.join(folder, "work");
}

/** A build whose starter was killed goes on by itself and would take its memory beside ours. */
function endOrphans(work: string): void {
  for (const found of runningProcesses()) {
    const output = found.words[found.words.indexOf("-o") + 1];
    const isBuild = found.words[1] === "build" && output?.startsWith(work + path.sep);
    if (isBuild) kill(found.pid);
  }
}
