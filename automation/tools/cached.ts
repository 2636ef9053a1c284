import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Program } from "./programs.ts";

/** The folder with one Go module per program. */
export const MODULES = path.resolve(import.meta.dirname, "../../tools");

/** The files of a module that decide what is built; generated ones are not among them. */
export async function moduleFiles(module: string): Promise<string[]> {
  const names = await readdir(path.join(MODULES, module));
  return names.filter((name) => /^go\.(mod|sum)$|\.go$/.test(name)).sort();
}

/** A digest of all that decides how a program comes out: its module's files and its flags. */
export async function buildKey(program: Program): Promise<string> {
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

/** Where a built program lies: a changed go.mod is another place, so what lies there is never out of date. */
export function cachedPath(cacheFolder: string, program: Program, key: string): string {
  const platform = `${process.platform}-${process.arch}`;
  return path.join(cacheFolder, "tools", `${program.name}-${program.version}-${platform}-${key}`, program.name);
}

/** The built program, if there is one. It gets its name only when whole, so that being there is enough. */
export async function findCached(cacheFolder: string, program: Program): Promise<string | undefined> {
  const place = cachedPath(cacheFolder, program, await buildKey(program));
  return existsSync(place) ? place : undefined;
}
