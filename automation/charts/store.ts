import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../components/program/errors.ts";
import { digestOf, readArchive, readFolder, treeDigest, type ChartFiles } from "./archive.ts";
import { checkChart, type ChartIdentity } from "./chart.ts";

/** A chart in the cache. */
export interface StoredChart extends ChartIdentity {
  /** Folder with its Chart.yaml. */
  path: string;
  /** `sha256:<hex>` of the archive it was unpacked from. */
  digest: string;
}

/** Work folders older than this were left by a killed process. */
const ABANDONED_MS = 60 * 60 * 1000;
const WORK = ".work-";

/** The folder of a chart in the cache; its archive lies beside it, with `.tgz` added. */
export function chartFolder(cacheFolder: string, chart: ChartIdentity, digest: string): string {
  return path.join(
    cacheFolder,
    "charts",
    `${chart.name}-${chart.version}-${digest.slice("sha256:".length).slice(0, 12)}`,
  );
}

/**
 * Checks an archive and keeps it, packed and unpacked. Nothing is left behind when it is refused, and two processes may
 * keep the same chart at once.
 * @throws UserError when it is not the expected chart, unsafe, or not acceptable to Helm.
 */
export async function keepChart(
  cacheFolder: string,
  archive: Buffer,
  expected: { name: string; version?: string },
  title: string,
): Promise<StoredChart> {
  const files = await readArchive(archive, title);
  const chart = await checkChart(files, expected, title);
  const digest = digestOf(archive);
  const folder = chartFolder(cacheFolder, chart, digest);
  const charts = path.dirname(folder);
  const work = await makeWorkFolder(charts).catch((cause: unknown) => {
    throw new UserError(
      `${charts} cannot be written: ${cause instanceof Error ? cause.message : ""}. VISION_PLATFORM_CACHE names another cache`,
      { cause },
    );
  });
  try {
    await writeFiles(path.join(work, "chart"), files);
    await writeFile(path.join(work, "chart.tgz"), archive);
    await putInPlace(path.join(work, "chart"), folder, files, path.join(work, "replaced"));
    // Last: an archive in place says that its folder is, too.
    await rename(path.join(work, "chart.tgz"), `${folder}.tgz`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return { ...chart, path: folder, digest };
}

/**
 * The kept chart with this digest, verified again: the archive against the digest, the folder against the archive.
 * Undefined when it was never kept. A folder that is gone is unpacked again.
 * @throws UserError when either was changed.
 */
export async function findKept(
  cacheFolder: string,
  chart: ChartIdentity,
  digest: string,
): Promise<StoredChart | undefined> {
  const folder = chartFolder(cacheFolder, chart, digest);
  const cure = `npm run platform -- charts pull ${chart.name} fetches it again`;
  const archive = await readFile(`${folder}.tgz`).catch(() => undefined);
  if (!archive) return undefined;
  const actual = digestOf(archive);
  if (actual !== digest)
    throw new UserError(`${folder}.tgz was changed: it has ${actual}, but ${digest} was kept. ${cure}`);
  if (!(await isFolder(folder))) return await keepChart(cacheFolder, archive, chart, `${folder}.tgz`);
  const files = await readArchive(archive, `${folder}.tgz`);
  if (treeDigest(await readFolder(folder)) !== treeDigest(files))
    throw new UserError(`${folder} was changed since it was unpacked. ${cure}`);
  return { name: chart.name, version: chart.version, path: folder, digest };
}

async function writeFiles(folder: string, files: ChartFiles): Promise<void> {
  for (const [name, content] of files) {
    const file = path.join(folder, ...name.split("/"));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** Renames `fresh` to `folder`; a folder already there stays when it holds these files, and else is moved away. */
async function putInPlace(fresh: string, folder: string, files: ChartFiles, replaced: string): Promise<void> {
  if (await isFolder(folder)) {
    const present = await readFolder(folder).then(treeDigest, () => undefined);
    if (present === treeDigest(files)) return;
    // Gone by now where another process repairs it, too.
    await rename(folder, replaced).catch(() => undefined);
  }
  await rename(fresh, folder).catch(async (error: unknown) => {
    // Another process was faster; what it put there was checked against the same digest.
    if (!(await isFolder(folder))) throw error;
  });
}

async function makeWorkFolder(charts: string): Promise<string> {
  await mkdir(charts, { recursive: true });
  await removeAbandoned(charts);
  return await mkdtemp(path.join(charts, WORK));
}

async function removeAbandoned(charts: string): Promise<void> {
  for (const name of (await readdir(charts)).filter((entry) => entry.startsWith(WORK))) {
    const info = await stat(path.join(charts, name)).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > ABANDONED_MS)
      await rm(path.join(charts, name), { recursive: true, force: true });
  }
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
}
