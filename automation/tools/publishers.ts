import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { unreachable, type Patience } from "../http.ts";
import type { Progress, ProgressTask } from "../progress.ts";
import { findFetched, toolsFolder, type Fetched } from "./cached.ts";
import { FETCH_PATIENCE, fetchRelease, NotFetched, partName, partsFolder } from "./fetch.ts";
import { whileAlone } from "./lock.ts";
import type { Program } from "./programs.ts";
import { releaseFor, RELEASES, type PlatformRelease, type Release } from "./releases.ts";

const AT_ONCE = 4;

/** The publishers' releases, and how they are asked. */
export interface Publishers {
  releases: readonly Release[];
  /** Default: where this runs. */
  platform?: string;
  /** Where an address of the table is asked; tests lead it to this machine. */
  at: (address: string) => URL;
  patience: Patience;
}

/** The publishers themselves, asked with little patience. */
export const PUBLISHERS: Publishers = {
  releases: RELEASES,
  at: (address) => new URL(address),
  patience: FETCH_PATIENCE,
};

/** What is published of a program for this machine. */
export function publishedBy({ releases, platform }: Publishers, program: Program): PlatformRelease | undefined {
  return releaseFor(program.name, platform, releases);
}

/** What came of each program that was to be fetched: the program, or why not. */
export type Outcome = { program: Program } & (Fetched | { why: string });

interface Wanted {
  program: Program;
  release: PlatformRelease;
}

/**
 * Fetches what publishers have of these programs into the cache. Never waits long for a host: one that does not answer within seconds, or not as
 * itself, is not asked again.
 */
export async function fetchAll(
  programs: readonly Program[],
  publishers: Publishers,
  cacheFolder: string,
  progress: Progress,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const wanted: Wanted[] = [];
  for (const program of programs) {
    const release = publishedBy(publishers, program);
    if (release) wanted.push({ program, release });
    else outcomes.push({ program, why: "nothing is published for this machine" });
  }
  const lost = await lostHosts(wanted, publishers);
  const reachable = wanted.filter((one) => !whyLost(one, lost));
  for (const one of wanted) {
    const why = whyLost(one, lost);
    if (why) outcomes.push({ program: one.program, why });
  }
  if (reachable.length > 0) outcomes.push(...(await fetchThese(reachable, publishers, lost, cacheFolder, progress)));
  return outcomes;
}

/** Hosts that are not asked any more, and why. */
type LostHosts = Map<string, string>;

/** The hosts that a release needs: its own, and that of its sums. */
function hostsOf({ release }: Wanted): string[] {
  const needed = [release.address, ...(release.sums && !release.sha256 ? [release.sums] : [])];
  return needed.map((address) => new URL(address).host);
}

function whyLost(wanted: Wanted, lost: LostHosts): string | undefined {
  return hostsOf(wanted)
    .map((host) => lost.get(host))
    .find((why) => why !== undefined);
}

/** Asks every host once, all at the same time. */
async function lostHosts(wanted: readonly Wanted[], { at, patience }: Publishers): Promise<LostHosts> {
  const hosts = new Set(wanted.flatMap(hostsOf));
  const lost: LostHosts = new Map();
  await Promise.all(
    [...hosts].map(async (host) => {
      const why = await unreachable(at(`https://${host}/`), patience.silenceMs);
      if (why) lost.set(host, why);
    }),
  );
  return lost;
}

async function fetchThese(
  wanted: readonly Wanted[],
  publishers: Publishers,
  lost: LostHosts,
  cacheFolder: string,
  progress: Progress,
): Promise<Outcome[]> {
  const folder = toolsFolder(cacheFolder);
  const what = wanted.length === 1 ? (wanted[0]?.program.name ?? "") : `${wanted.length} programs`;
  return await progress.task(`Fetching ${what}, once`, (task) =>
    whileAlone(
      folder,
      (holder) => task.update(`waiting for ${holder}`),
      async (lock) => {
        await lock.announce(`fetches ${what}`);
        await clearParts(folder, publishers);
        const bytes = new Map<string, number>();
        const waiting = [...wanted];
        const outcomes: Outcome[] = [];
        const worker = async () => {
          for (let one = waiting.shift(); one; one = waiting.shift()) {
            const { name } = one.program;
            const received = (size: number) => say(task, bytes.set(name, size), waiting.length);
            outcomes.push(await fetchOne(one, { ...publishers, folder, received }, lost, cacheFolder));
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, worker));
        return outcomes;
      },
    ),
  );
}

function say(task: ProgressTask, bytes: ReadonlyMap<string, number>, waiting: number): void {
  const total = [...bytes.values()].reduce((sum, size) => sum + size, 0);
  task.update(`${Math.ceil(total / 1e6)} MB of ${bytes.size} programs${waiting > 0 ? `, ${waiting} wait` : ""}`);
}

async function fetchOne(
  wanted: Wanted,
  options: Parameters<typeof fetchRelease>[2],
  lost: LostHosts,
  cacheFolder: string,
): Promise<Outcome> {
  const { program, release } = wanted;
  try {
    // Another process may have fetched it while this one waited for the lock; a download before it may have lost its host.
    const fetched = await findFetched(cacheFolder, release);
    const why = whyLost(wanted, lost);
    if (!fetched && why) return { program, why };
    return { program, ...(fetched ?? (await fetchRelease(program, release, options))) };
  } catch (error) {
    if (!isOutside(error)) throw error;
    if (error instanceof NotFetched && error.lostHost) lost.set(error.lostHost, error.message);
    return { program, why: error.message };
  }
}

/** A disk that is full hinders no one from building what can be built. */
function isOutside(error: unknown): error is Error {
  return error instanceof NotFetched || (error instanceof Error && "code" in error && "syscall" in error);
}

/** Takes away what is left of downloads of versions that nobody fetches any more. */
async function clearParts(folder: string, { releases, platform }: Publishers): Promise<void> {
  const parts = partsFolder(folder);
  await mkdir(parts, { recursive: true });
  const known = releases.flatMap(({ program }) => {
    const release = releaseFor(program, platform, releases);
    return release ? [partName(release)] : [];
  });
  for (const name of await readdir(parts)) if (!known.includes(name)) await rm(path.join(parts, name), { force: true });
}
