import { UserError } from "../../components/program/errors.ts";
import { silentProgress, type Progress } from "../progress.ts";
import { digestOf, looksLikeWebPage } from "./archive.ts";
import { get, HttpFailure, PATIENCE, unreachable, type Patience } from "../http.ts";
import { checkEntry, findLocked, readLock, recordEntry, type ChartSource, type LockedChart } from "./lock.ts";
import { locateInRegistry, registryUrl } from "./registry.ts";
import { indexUrl, locateInRepository } from "./repository.ts";
import { expectOk, SourceUnavailable, type Asking, type RemoteChart } from "./source.ts";
import { findKept, keepChart, type StoredChart } from "./store.ts";

/** Far above any chart: ClearML's with its dependencies is under 1 MB. */
const ARCHIVE_LIMIT = 32 * 1024 * 1024;
const REACH_MS = 3_000;

export interface PullOptions {
  cacheFolder: string;
  lockFile?: string;
  /** Default: silent. */
  progress?: Progress;
  /** Default: `PATIENCE`. */
  patience?: Patience;
}

export interface PulledChart extends StoredChart {
  /** False when the cache had it, verified. */
  downloaded: boolean;
  /** Whether its digest was written to the lock file now. */
  recorded: boolean;
}

/**
 * Puts a locked chart into the cache, verified. An entry without a digest gets the one of what came, in the lock file.
 * @throws SourceUnavailable when it cannot be had; UserError when what came is not what is locked: nothing is kept then.
 */
export async function pullChart(entry: LockedChart, options: PullOptions): Promise<PulledChart> {
  const chart = await fetchChart(entry, options);
  if (entry.digest) return { ...chart, recorded: false };
  await recordEntry({ ...entry, digest: chart.digest, default: false }, options.lockFile);
  options.progress?.line(`${entry.name} ${entry.version} had no digest; charts.lock.yaml now has ${chart.digest}`);
  return { ...chart, recorded: true };
}

/**
 * Adds a version to the lock file with the digest of what its source has; it is in the cache afterwards.
 * @param source default: the one that this version, else the chart's default version, is locked with.
 * @param makeDefault whether this version is taken when a stack names none.
 * @throws UserError without a source, when the version is locked with another digest, and as `pullChart`.
 */
export async function lockChart(
  name: string,
  version: string,
  source: ChartSource,
  makeDefault: boolean,
  options: PullOptions,
): Promise<PulledChart> {
  const entries = await readLock(options.lockFile);
  const locked = findLocked(entries, name, version);
  const like = locked ?? findLocked(entries, name);
  const given = source.oci ?? source.repository;
  if (given === undefined && !like)
    throw new UserError(
      `charts lock ${name}: no version of it is locked, so say where it is: --repository URL or --oci REF`,
      {
        exitCode: 2,
      },
    );
  const from = given === undefined ? { repository: like?.repository, oci: like?.oci } : source;
  const entry = { ...checkEntry(name, version, from), digest: locked?.digest };
  const chart = await fetchChart(entry, options);
  await recordEntry({ ...entry, digest: chart.digest, default: makeDefault }, options.lockFile);
  return { ...chart, recorded: locked?.digest === undefined };
}

async function fetchChart(entry: LockedChart, options: PullOptions): Promise<Omit<PulledChart, "recorded">> {
  // A kept chart that was changed is fetched again: that is what its error asks for.
  const kept = entry.digest && (await findKept(options.cacheFolder, entry, entry.digest).catch(() => undefined));
  if (kept) return { ...kept, downloaded: false };
  const progress = options.progress ?? silentProgress;
  return await progress.task(`chart ${entry.name} ${entry.version}`, async (task) => {
    const asking = { patience: options.patience ?? PATIENCE, update: (text: string) => task.update(text) };
    const archive = await download(entry, asking);
    return {
      ...(await keepChart(options.cacheFolder, archive, entry, `${entry.name} ${entry.version}`)),
      downloaded: true,
    };
  });
}

/**
 * Whether a chart's source answers at all, asked for 3 s at most. Says nothing about whether it has the chart.
 * @returns undefined when it does, else the reason in words.
 */
export async function whyUnreachable(source: ChartSource): Promise<string | undefined> {
  return await unreachable(source.oci ? registryUrl(source.oci) : indexUrl(source.repository ?? ""), REACH_MS);
}

/** The archive of `entry`, its digest verified where the entry or the source gives one. */
async function download(entry: LockedChart, asking: Asking): Promise<Buffer> {
  const title = `${entry.name} ${entry.version}`;
  try {
    const remote = await locate(entry, asking);
    if (entry.digest && remote.announced) verify(title, remote.announced, entry.digest, "charts.lock.yaml");
    const answer = await get(remote.url, {
      headers: remote.headers,
      limit: ARCHIVE_LIMIT,
      patience: asking.patience,
      received: (bytes) => asking.update?.(`${Math.ceil(bytes / 1024)} KiB from ${remote.url.host}`),
    });
    expectOk(answer, "the archive");
    if (looksLikeWebPage(answer.body))
      throw new SourceUnavailable(`${answer.url.host} sends a web page in place of the archive`);
    const expected = entry.digest ?? remote.announced;
    if (expected) verify(title, digestOf(answer.body), expected, entry.digest ? "charts.lock.yaml" : "its source");
    return answer.body;
  } catch (error) {
    if (error instanceof HttpFailure || error instanceof SourceUnavailable)
      throw new SourceUnavailable(
        `chart ${title} cannot be pulled: ${error.message}. ` +
          `A rehearsal takes a local copy (folder or .tgz) instead: npm run rehearse -- --chart ${entry.name}=PATH`,
        { cause: error },
      );
    throw error;
  }
}

async function locate(entry: LockedChart, asking: Asking): Promise<RemoteChart> {
  return entry.oci
    ? await locateInRegistry(entry.oci, entry, asking)
    : await locateInRepository(entry.repository ?? "", entry, asking);
}

function verify(title: string, actual: string, expected: string, by: string): void {
  if (actual === expected) return;
  throw new UserError(
    `chart ${title} is not the one that is locked: its source has ${actual}, ${by} demands ${expected}. Nothing was kept. ` +
      "Was it published again under the same version? If that is what you want, remove the digest from charts.lock.yaml and pull again",
  );
}
