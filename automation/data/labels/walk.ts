import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";

/**
 * Paths of all files below a folder whose name ends so, relative to it, with `/`, by their names. Folders that are links are gone into, once.
 * @param ends `.txt`, whatever its case
 */
export async function* filesBelow(
  folder: string,
  ends: string,
  below = "",
  seen = new Set<string>(),
): AsyncGenerator<string> {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    const isLink = entry.isSymbolicLink();
    const file = isLink ? await stat(path.join(folder, name)).catch(() => undefined) : entry;
    if (file?.isDirectory()) {
      if (isLink && !isNew(seen, await realpath(path.join(folder, name)))) continue;
      yield* filesBelow(folder, ends, name, seen);
    } else if (file?.isFile() && name.toLowerCase().endsWith(ends)) yield name;
  }
}

function isNew(seen: Set<string>, place: string): boolean {
  if (seen.has(place)) return false;
  seen.add(place);
  return true;
}
