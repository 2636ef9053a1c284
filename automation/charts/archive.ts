import { createHash } from "node:crypto";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { UserError } from "../../components/program/errors.ts";

/** A chart's files: path below the chart's folder, with `/`, and content. */
export type ChartFiles = ReadonlyMap<string, Buffer>;

/** Helm's own limit for an unpacked chart (MaxDecompressedChartSize). */
const UNPACKED_LIMIT = 100 * 1024 * 1024;

/** `sha256:<hex>` of some bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** `sha256:<hex>` that changes when any file of a chart changes, appears or disappears. */
export function treeDigest(files: ChartFiles): string {
  const names = [...files.keys()].sort();
  return digestOf(
    Buffer.from(names.map((name) => `${digestOf(files.get(name) ?? Buffer.alloc(0))} ${name}\n`).join("")),
  );
}

/**
 * Reads a packed chart (.tgz with one folder at its top, as `helm package` makes it) without writing anything.
 * @param title what the archive is called in errors.
 * @throws UserError: no archive, cut short, too large, or entries that would leave the chart's folder, or links.
 */
export async function readArchive(bytes: Buffer, title: string): Promise<ChartFiles> {
  const files = new Map<string, Buffer>();
  const tops = new Set<string>();
  const problems: string[] = [];
  for (const entry of await entriesOf(await unzip(bytes, title), title)) {
    const unsafe = problemOf(entry);
    if (unsafe) {
      problems.push(`${title}: ${unsafe}`);
      continue;
    }
    const [top = "", ...rest] = entry.path.split("/").filter((part) => part !== "" && part !== ".");
    if (entry.type === "Directory") continue;
    if (rest.length === 0) problems.push(`${title}: ${entry.path} lies outside the chart's folder`);
    tops.add(top);
    files.set(rest.join("/"), entry.content);
  }
  if (tops.size > 1)
    problems.push(`${title}: holds ${tops.size} folders (${[...tops].join(", ")}) instead of one chart`);
  for (const name of files.keys())
    for (let up = path.posix.dirname(name); up !== "."; up = path.posix.dirname(up))
      if (files.has(up)) problems.push(`${title}: ${up} is both a file and a folder`);
  if (problems.length > 0) throw new UserError([...new Set(problems)]);
  return files;
}

interface Entry {
  path: string;
  type: string;
  link?: string;
  content: Buffer;
}

function problemOf(entry: Entry): string | undefined {
  const { path: name } = entry;
  if (name.startsWith("/") || name.includes("\\") || name.split("/").includes(".."))
    return `${name} would be written outside the chart's folder`;
  // Helm reads no links from an archive; `helm package` puts the files themselves in.
  if (entry.link) return `${name} is a link to ${entry.link}; pack the chart with helm package, which follows links`;
  if (!["File", "OldFile", "ContiguousFile", "Directory"].includes(entry.type))
    return `${name} is neither a file nor a folder (${entry.type})`;
  return undefined;
}

async function unzip(bytes: Buffer, title: string): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: UNPACKED_LIMIT });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE")
      throw new UserError(`${title} unpacks to more than ${UNPACKED_LIMIT} bytes, which Helm refuses`, { cause });
    throw new UserError(
      looksLikeWebPage(bytes)
        ? `${title} is a web page, not a chart archive`
        : `${title} is not a whole .tgz archive (${bytes.length} bytes)`,
      { cause },
    );
  }
}

/** Whether these bytes are an HTML page, which proxies and portals send in place of what was asked. */
export function looksLikeWebPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype|html)/i.test(Buffer.from(bytes.subarray(0, 256)).toString("utf8"));
}

function entriesOf(unpacked: Buffer, title: string): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    const parser = new Parser({
      strict: true,
      onReadEntry(entry: ReadEntry) {
        const chunks: Buffer[] = [];
        entry.on("data", (chunk: Buffer) => chunks.push(chunk));
        entry.on("end", () =>
          entries.push({
            path: entry.path,
            type: entry.type,
            link: entry.linkpath,
            content: Buffer.concat(chunks),
          }),
        );
      },
    });
    parser.on("error", (cause: Error) => reject(new UserError(`${title} is damaged: ${cause.message}`, { cause })));
    parser.on("end", () => resolve(entries));
    parser.end(unpacked);
  });
}

/**
 * Reads a chart's folder. Links are followed, as Helm does; `.git` is left out.
 * @throws UserError when links lead in a circle or the folder is too large to be a chart.
 */
export async function readFolder(folder: string): Promise<ChartFiles> {
  const files = new Map<string, Buffer>();
  let size = 0;
  const walk = async (at: string, parents: readonly string[]): Promise<void> => {
    const real = await realpath(path.join(folder, at));
    if (parents.includes(real))
      throw new UserError(`${path.join(folder, at)} is a link that leads back to a folder above it`);
    for (const name of (await readdir(real)).sort()) {
      if (name === ".git") continue;
      const below = at === "" ? name : `${at}/${name}`;
      const info = await stat(path.join(folder, below)).catch((cause: unknown) => {
        throw new UserError(`${path.join(folder, below)} cannot be read (a link that leads nowhere?)`, { cause });
      });
      if (info.isDirectory()) await walk(below, [...parents, real]);
      if (!info.isFile()) continue;
      size += info.size;
      if (size > UNPACKED_LIMIT)
        throw new UserError(`${folder} holds more than ${UNPACKED_LIMIT} bytes: too much for a chart`);
      files.set(below, await readFile(path.join(folder, below)));
    }
  };
  await walk("", []);
  return files;
}
