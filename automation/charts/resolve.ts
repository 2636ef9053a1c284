import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../components/program/errors.ts";
import { readFolder, treeDigest } from "./archive.ts";
import { checkChart } from "./chart.ts";
import { findLocked, notLocked, readLock, type LockedChart } from "./lock.ts";
import { pullChart, whyUnreachable, type PullOptions } from "./pull.ts";
import { SourceUnavailable } from "./source.ts";
import { findKept, keepChart } from "./store.ts";

/** A chart on this machine, verified: what the program installs. */
export interface ResolvedChart {
  name: string;
  version: string;
  /** Absolute path of the folder with Chart.yaml. */
  path: string;
  /** `sha256:<hex>` of the archive; of all files, where an override is a folder. */
  digest: string;
  /** Whether the lock file vouches for it, or the user named it. */
  origin: "locked" | "override";
}

export interface ResolveOptions {
  cacheFolder: string;
  lockFile?: string;
  /** Chart name to the path of a chart folder or .tgz that is taken in its place (`--chart NAME=PATH`). */
  overrides?: Readonly<Record<string, string>>;
}

/**
 * The local files of a chart, verified at every call; never fetches.
 * @param version default: the lock file's default. An override is taken whatever its version.
 * @throws UserError: not locked, not pulled yet, changed since, or an override that is no such chart.
 */
export async function resolveChart(
  name: string,
  version: string | undefined,
  options: ResolveOptions,
): Promise<ResolvedChart> {
  const override = options.overrides?.[name];
  if (override !== undefined) return await resolveOverride(name, override, options.cacheFolder);
  const entries = await readLock(options.lockFile);
  const entry = findLocked(entries, name, version);
  if (!entry) throw new UserError(notLocked(entries, name, version), { exitCode: 2 });
  const kept = await findPulled(entry, options.cacheFolder);
  if (!kept)
    throw new UserError(`chart ${name} ${entry.version} is not pulled yet: npm run platform -- charts pull ${name}`);
  return kept;
}

/** A chart, or why there is none and whether that is for want of an entry or of a source that answers. */
export type ResolvedOrNot = { chart: ResolvedChart } | { missing: "not locked" | "not available"; reason: string };

/**
 * As `resolveChart`, but pulls what is not pulled yet when its source answers within 3 s; what cannot be had is
 * explained, so that a rehearsal can take a miniature chart and say why.
 * @throws UserError for what must stop a run all the same: a wrong digest, changed files, a bad override or lock file.
 */
export async function pullOrExplain(
  name: string,
  version: string | undefined,
  options: ResolveOptions & PullOptions,
): Promise<ResolvedOrNot> {
  if (options.overrides?.[name] !== undefined) return { chart: await resolveChart(name, version, options) };
  const entries = await readLock(options.lockFile);
  const entry = findLocked(entries, name, version);
  if (!entry) return { missing: "not locked", reason: notLocked(entries, name, version) };
  const kept = await findPulled(entry, options.cacheFolder);
  if (kept) return { chart: kept };
  const reason = await whyUnreachable(entry);
  if (reason) return { missing: "not available", reason };
  try {
    const { path, digest } = await pullChart(entry, options);
    return { chart: { name, version: entry.version, path, digest, origin: "locked" } };
  } catch (error) {
    if (error instanceof SourceUnavailable) return { missing: "not available", reason: error.message };
    throw error;
  }
}

async function findPulled(entry: LockedChart, cacheFolder: string): Promise<ResolvedChart | undefined> {
  const kept = entry.digest && (await findKept(cacheFolder, entry, entry.digest));
  return kept ? { ...kept, origin: "locked" } : undefined;
}

async function resolveOverride(name: string, given: string, cacheFolder: string): Promise<ResolvedChart> {
  const file = path.resolve(given);
  const title = `--chart ${name}=${given}`;
  const info = await stat(file).catch(() => undefined);
  if (!info) throw new UserError(`${title}: there is no ${file}`, { exitCode: 2 });
  if (info.isFile()) {
    const kept = await keepChart(cacheFolder, await readFile(file), { name }, title);
    return { ...kept, origin: "override" };
  }
  const isChart = await stat(path.join(file, "Chart.yaml")).catch(() => undefined);
  if (!isChart) throw new UserError(`${title}: the folder is not a chart: it has no Chart.yaml`, { exitCode: 2 });
  const files = await readFolder(file);
  return { ...(await checkChart(files, { name }, title)), path: file, digest: treeDigest(files), origin: "override" };
}
