// @ts-check
// Runs the project's TypeScript: compiles an entry with all that it imports into a few files of the user's cache, once for each content,
// and loads those. Against tsx, which compiles file by file in a second thread at every start, that saves most of the start (docs/how-it-works.md).
import path from "node:path";
import { pathToFileURL } from "node:url";
import { cacheFolder } from "./cache-folder.mjs";
import { cachedBuild, placeOf } from "./cached.mjs";
import { showSources } from "./stack-traces.mjs";

/** Folder of the project, whose packages these files import. */
const CHECKOUT = path.resolve(import.meta.dirname, "..");

/** What says that a folder takes no file. (errno(3)) */
const NOT_WRITABLE = ["EACCES", "EROFS", "EPERM", "ENOSPC", "EDQUOT", "ENOTDIR", "EEXIST", "ENOENT"];

/**
 * Loads a file of the project, as `import` would.
 * @param {string} entry from the checkout on, or absolute: `automation/cli.ts`
 * @returns {Promise<any>} what it exports
 * @throws Error with all that does not compile
 */
export async function load(entry) {
  const file = path.resolve(CHECKOUT, entry);
  const compiled = path.join(cacheFolder(), "compiled");
  const place = placeOf(compiled, CHECKOUT, file);
  const program = cachedBuild(CHECKOUT, place) ?? (await compile(file, place));
  if (program === undefined) return uncached(file);
  showSources(compiled);
  return import(pathToFileURL(program).href);
}

/**
 * @param {string} file
 * @param {string} place
 * @returns {Promise<string | undefined>} undefined where the cache cannot be written
 */
async function compile(file, place) {
  const { build } = await import("./build.mjs");
  try {
    return await build(file, CHECKOUT, place);
  } catch (error) {
    if (NOT_WRITABLE.includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? "")) return undefined;
    throw error;
  }
}

/**
 * The slow way, which needs no place to write.
 * @param {string} file
 */
async function uncached(file) {
  const { register } = await import("tsx/esm/api");
  register();
  return import(pathToFileURL(file).href);
}
