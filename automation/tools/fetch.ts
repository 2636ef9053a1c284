import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { extract } from "tar";
import { download, get, HttpFailure, type Patience } from "../http.ts";
import { recordFile, releaseFolder, type Fetched, type ReleaseRecord } from "./cached.ts";
import { askVersion } from "./found.ts";
import { workFolder } from "./lock.ts";
import type { Program } from "./programs.ts";
import type { PlatformRelease } from "./releases.ts";
import { sha256Of, sumIn } from "./sums.ts";
import { fits } from "./versions.ts";

/** Far above the largest: kube-apiserver and MinIO have about 100 MB. */
const PROGRAM_LIMIT = 512 * 1024 * 1024;
const SUMS_LIMIT = 1024 * 1024;

/** A download is given up within seconds: what cannot be fetched is built. Twelve KB in each second is the least that is worth waiting for. */
export const FETCH_PATIENCE: Patience = { retries: 2, firstWaitMs: 500, silenceMs: 5_000, leastBytes: 64 * 1024 };

/** Why a release is not used, in words. */
export class NotFetched extends Error {
  override readonly name = "NotFetched";
  /** The host of the table that need not be asked for other programs either. */
  readonly lostHost: string | undefined;

  constructor(message: string, { lostHost, cause }: { lostHost?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.lostHost = lostHost;
  }
}

export interface FetchOptions {
  /** The cache's folder of programs. The lock on it is held. */
  folder: string;
  /** Where an address of the table is asked; tests lead it to this machine. */
  at: (address: string) => URL;
  patience: Patience;
  /** Called with the bytes that are here so far. */
  received: (bytes: number) => void;
}

/**
 * Fetches a release into the cache, verified and tried, whole or not at all. Bytes that are here from a download which broke off are not
 * fetched again.
 * @throws NotFetched
 */
export async function fetchRelease(
  program: Program,
  release: PlatformRelease,
  options: FetchOptions,
): Promise<Fetched> {
  const expected = await expectedSum(release, options);
  const file = path.join(partsFolder(options.folder), partName(release));
  await mkdir(path.dirname(file), { recursive: true });
  await downloadVerified(release, expected, file, options);
  return await keep(program, release, { address: release.address, ...expected }, file, options.folder);
}

/** Where unfinished downloads lie, for the next run. */
export function partsFolder(folder: string): string {
  return path.join(folder, "parts");
}

/** What a release's unfinished download is called. */
export function partName(release: PlatformRelease): string {
  return path.basename(releaseFolder("", release));
}

type Expected = Pick<ReleaseRecord, "sha256" | "checkedBy">;

async function expectedSum(release: PlatformRelease, { at, patience }: FetchOptions): Promise<Expected> {
  if (release.sha256) return { sha256: release.sha256, checkedBy: "pinned" };
  const { sums } = release;
  if (!sums) throw new NotFetched(`no sha256 of ${fileName(release)} is known`);
  const answer = await fromHost(sums, () => get(at(sums), { limit: SUMS_LIMIT, patience }));
  const sha256 = sumIn(answer.body.toString("utf8"), fileName(release));
  if (sha256 !== undefined) return { sha256, checkedBy: "publisher" };
  // Whoever answers for the host, a portal or a proxy, answers so for all of it.
  throw new NotFetched(`${answer.url.host} sends something else in place of ${fileName(release)}'s sha256`, {
    lostHost: new URL(sums).host,
  });
}

/** Asks for an address of the table. */
async function fromHost<T extends { status: number }>(address: string, ask: () => Promise<T>): Promise<T> {
  const { host, pathname } = new URL(address);
  const answer = await ask().catch((error: unknown) => {
    throw error instanceof HttpFailure ? new NotFetched(error.message, { lostHost: host, cause: error }) : error;
  });
  if (answer.status >= 200 && answer.status < 300) return answer;
  // What is not there is one file; whoever refuses, refuses all of them.
  const lostHost = [404, 410].includes(answer.status) ? undefined : host;
  throw new NotFetched(`${host} answers ${answer.status} to ${pathname}`, { lostHost });
}

async function downloadVerified(
  release: PlatformRelease,
  { sha256, checkedBy }: Expected,
  file: string,
  { at, patience, received }: FetchOptions,
): Promise<void> {
  const { address } = release;
  const request = { limit: PROGRAM_LIMIT, patience, received };
  const answer = await fromHost(address, () => download(at(address), file, request));
  const actual = await sha256Of(file);
  if (actual === sha256) return;
  await rm(file, { force: true });
  const by = checkedBy === "pinned" ? "is pinned here" : "its publisher says";
  throw new NotFetched(
    `${fileName(release)} from ${answer.url.host} has sha256 ${actual}, and ${sha256} ${by}; it was thrown away`,
  );
}

function fileName({ address }: PlatformRelease): string {
  return path.posix.basename(new URL(address).pathname);
}

async function keep(
  program: Program,
  release: PlatformRelease,
  from: Omit<ReleaseRecord, "version">,
  file: string,
  folder: string,
): Promise<Fetched> {
  await mkdir(workFolder(folder), { recursive: true });
  const made = await mkdtemp(path.join(workFolder(folder), `${program.name}-`));
  try {
    const executable = path.join(made, program.name);
    if (release.members) await unpack(release, release.members, file, made);
    else {
      await rename(file, executable);
      await chmod(executable, 0o755);
    }
    const record = { version: await triedVersion(program, release, executable), ...from };
    await writeFile(recordFile(made), `${JSON.stringify(record, null, 2)}\n`);
    const place = releaseFolder(folder, release);
    await rm(place, { recursive: true, force: true });
    await rename(made, place);
    await rm(file, { force: true });
    return { path: path.join(place, program.name), record };
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** Puts members of an archive, which all lie equally deep in it, side by side. */
async function unpack(
  release: PlatformRelease,
  members: readonly string[],
  file: string,
  folder: string,
): Promise<void> {
  const strip = (members[0]?.split("/").length ?? 1) - 1;
  const isMember = (name: string, type: string) => type === "File" && members.includes(name);
  await extract({
    file,
    cwd: folder,
    strip,
    strict: true,
    filter: (name, entry) => "type" in entry && isMember(name, entry.type),
  }).catch((error: unknown) => {
    throw new NotFetched(`${fileName(release)} cannot be unpacked: ${(error as Error).message}`, { cause: error });
  });
  for (const member of members) {
    const place = path.join(folder, path.posix.basename(member));
    if (!existsSync(place)) throw new NotFetched(`${fileName(release)} holds no ${member}`);
    await chmod(place, 0o755);
  }
}

/** What has the right sum may still not run here, or be another version than its address says. */
async function triedVersion(program: Program, release: PlatformRelease, executable: string): Promise<string> {
  if (!program.found) return release.version;
  const version = await askVersion(program, executable);
  if (version && fits(version, program.found)) return version;
  const says = version === undefined ? "does not run on this machine" : `says that it is ${version}`;
  throw new NotFetched(`${program.name} from ${new URL(release.address).host} ${says}`);
}
