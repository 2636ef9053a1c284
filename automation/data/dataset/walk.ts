import type { Stats } from "node:fs";
import { constants } from "node:fs";
import { access, lstat, opendir, stat } from "node:fs/promises";
import path from "node:path";
import { byBytes } from "./order.ts";

/** A file of a folder, as it is found. */
export interface LocalFile {
  /** Below the folder, with slashes. */
  path: string;
  size: number;
  /** Why it cannot be sent. Default: it can. */
  problem?: string;
}

/** What a pull that was killed leaves beside a file, and no push sends. */
const PART = /^\.vision-platform-[0-9a-f]{32}\.part$/;

/** How many files are looked at side by side. */
const LOOKED_AT_ONCE = 32;

export const isPart = (file: string): boolean => PART.test(path.posix.basename(file));

/**
 * All files below a folder, in the order of their keys. Of a folder the names are held, nothing of another. A link to a file is that file; one
 * to a folder, to nothing, and what is neither file nor folder are told as problems.
 */
export async function* walk(folder: string, below = ""): AsyncGenerator<LocalFile, void> {
  const names: string[] = [];
  for await (const entry of await opendir(path.join(folder, below), { bufferSize: 1000 }))
    names.push(entry.isDirectory() ? `${entry.name}/` : entry.name);
  names.sort(byBytes);
  for (let at = 0; at < names.length; at += LOOKED_AT_ONCE) {
    const some = names.slice(at, at + LOOKED_AT_ONCE);
    const looked = await Promise.all(some.map((name) => lookedAt(folder, `${below}${name}`)));
    for (const [index, file] of looked.entries()) {
      if (file) yield file;
      else yield* walk(folder, `${below}${some[index] ?? ""}`);
    }
  }
}

/** Undefined for a folder. */
async function lookedAt(folder: string, file: string): Promise<LocalFile | undefined> {
  if (file.endsWith("/")) return undefined;
  const at = path.join(folder, file);
  const problem = (why: string, size = 0): LocalFile => ({ path: file, size, problem: why });
  if (file.includes("\ufffd")) return problem("its name is no UTF-8");
  let found: Stats;
  try {
    const own = await lstat(at);
    found = own.isSymbolicLink() ? await stat(at) : own;
    if (own.isSymbolicLink() && found.isDirectory())
      return problem("a link to a folder; only links to files are followed");
  } catch (error) {
    return problem(`it cannot be looked at (${(error as NodeJS.ErrnoException).code ?? ""})`);
  }
  if (!found.isFile()) return problem("neither a file nor a folder");
  // Most files are: what a person's account may not read is told before anything is sent.
  const readable = await access(at, constants.R_OK).then(
    () => true,
    () => false,
  );
  return readable ? { path: file, size: found.size } : problem("this account may not read it", found.size);
}
