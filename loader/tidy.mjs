// @ts-check
import { readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { MANIFEST } from "./cached.mjs";

const DAY_MS = 24 * 3_600_000;
/** A program that runs may still load a part of its build. */
const REPLACED_MS = 2 * DAY_MS;
/** Of packages that were replaced, or a checkout that is gone: nobody says so. */
const UNUSED_MS = 30 * DAY_MS;

/**
 * Removes builds that nobody needs any more. What cannot be removed stays.
 * @param {string} places
 */
export async function tidy(places) {
  for (const place of await childrenOf(places)) {
    const manifest = path.join(place, MANIFEST);
    const current = await readFile(manifest, "utf8").catch(() => "");
    if (await isOlder(manifest, UNUSED_MS)) await remove(place);
    for (const child of await childrenOf(place)) {
      const isCurrent = child === manifest || current.includes(path.basename(child));
      if (!isCurrent && (await isOlder(child, REPLACED_MS))) await remove(child);
    }
  }
}

/** @param {string} folder */
async function childrenOf(folder) {
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => path.join(folder, name));
}

/**
 * @param {string} file
 * @param {number} age
 */
async function isOlder(file, age) {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > age;
}

/** @param {string} file */
async function remove(file) {
  await rm(file, { recursive: true, force: true }).catch(() => undefined);
}
