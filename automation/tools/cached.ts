import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { BuiltProgram, Program } from "./programs.ts";
import type { PlatformRelease } from "./releases.ts";

/** The folder with one Go module per program. */
export const MODULES = path.resolve(import.meta.dirname, "../../tools");

/** The files of a module that decide what is built; generated ones are not among them. */
export async function moduleFiles(module: string): Promise<string[]> {
  const names = await readdir(path.join(MODULES, module));
  return names.filter((name) => /^go\.(mod|sum)$|\.go$/.test(name)).sort();
}

/** A digest of all that decides how a program comes out: its module's files and its flags. */
export async function buildKey(program: BuiltProgram): Promise<string> {
  const hash = createHash("sha256");
  for (const name of await moduleFiles(program.module)) {
    hash.update(`${name}\0`).update(await readFile(path.join(MODULES, program.module, name)));
  }
  const { tags, stamps, generate } = program;
  return hash
    .update(JSON.stringify([program.package, tags, stamps, generate]))
    .digest("hex")
    .slice(0, 12);
}

/** The folder of programs in the user's cache. */
export function toolsFolder(cacheFolder: string): string {
  return path.join(cacheFolder, "tools");
}

/** Where a built program lies: a changed go.mod is another place, so what lies there is never out of date. */
export function cachedPath(cacheFolder: string, program: Program, key: string): string {
  const platform = `${process.platform}-${process.arch}`;
  return path.join(toolsFolder(cacheFolder), `${program.name}-${program.version}-${platform}-${key}`, program.name);
}

/** The built program, if there is one. It gets its name only when whole, so that being there is enough. */
export async function findBuilt(cacheFolder: string, program: BuiltProgram): Promise<string | undefined> {
  const place = cachedPath(cacheFolder, program, await buildKey(program));
  return existsSync(place) ? place : undefined;
}

/** What is known of a program that was fetched. */
export interface ReleaseRecord {
  /** What the program said when it was tried. */
  version: string;
  address: string;
  /** Of the file at that address. */
  sha256: string;
  /** Who says that this is the right one: this program, or a file of the publisher's. */
  checkedBy: "pinned" | "publisher";
}

/** A fetched program that lies in the cache. */
export interface Fetched {
  path: string;
  record: ReleaseRecord;
}

/** Where the program of a release lies, with the files that belong to it. */
export function releaseFolder(folder: string, { program, version, platform }: PlatformRelease): string {
  return path.join(folder, `${program}-${version}-${platform}-release`);
}

/** The record of a fetched program, in its folder. */
export function recordFile(folder: string): string {
  return path.join(folder, "release.json");
}

/** The program of a release, if it was fetched. As with a built one, being there is enough. */
export async function findFetched(cacheFolder: string, release: PlatformRelease): Promise<Fetched | undefined> {
  const folder = releaseFolder(toolsFolder(cacheFolder), release);
  const place = path.join(folder, release.program);
  if (!existsSync(place)) return undefined;
  return { path: place, record: JSON.parse(await readFile(recordFile(folder), "utf8")) as ReleaseRecord };
}
