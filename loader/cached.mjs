// @ts-check
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/**
 * What is kept of a build, beside its folder.
 * @typedef {object} Manifest
 * @property {string} folder name of the folder with what was compiled
 * @property {string[]} sources what it was compiled from, from the checkout on
 * @property {string} sourcesDigest
 * @property {string[]} files what was compiled, without the maps
 * @property {string} filesDigest
 * @property {{ file: string, size: number }[]} packages files of packages that it imports
 */

/** Name of the manifest in the place of an entry. */
export const MANIFEST = "manifest.json";

/** Name of the compiled entry in the folder of its build. */
export const ENTRY = "entry.mjs";

/** What npm has installed, by its own account. */
export const INSTALLED = "node_modules/.package-lock.json";

/** What decides, beside the sources, how they are compiled: the packages as they are installed, and as they should be. */
const SETTINGS = [INSTALLED, "package-lock.json", "tsconfig.json"];

/**
 * The folder for the builds of one entry by one loader, with one set of packages.
 * @param {string} compiled
 * @param {string} checkout
 * @param {string} file
 */
export function placeOf(compiled, checkout, file) {
  return placeFor(path.join(compiled, "own"), checkout, [checkout, path.relative(checkout, file)]);
}

/**
 * The folder for a package in one file. Checkouts with the same packages share it. By the name of the folder above it, Node knows what is not
 * ours and does not warn of what it is going to give up. (node: lib/internal/util.js, isInsideNodeModules)
 * @param {string} compiled
 * @param {string} checkout
 * @param {string} name
 */
export function placeOfPackage(compiled, checkout, name) {
  return placeFor(path.join(compiled, "node_modules"), checkout, [name]);
}

/**
 * @param {string} folder
 * @param {string} checkout
 * @param {readonly string[]} what
 */
function placeFor(folder, checkout, what) {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([...what, process.version]));
  const own = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".mjs"));
  for (const name of own.sort()) hash.update(readFileSync(path.join(import.meta.dirname, name)));
  for (const name of SETTINGS) hash.update(readIfThere(path.join(checkout, name)));
  return path.join(folder, hash.digest("hex").slice(0, 32));
}

/**
 * The entry's file of the build in a place, where it is whole and its sources are still what it was made of.
 * @param {string} checkout
 * @param {string} place
 * @returns {string | undefined}
 */
export function cachedBuild(checkout, place) {
  try {
    /** @type {Manifest} */
    const { folder, sources, sourcesDigest, files, filesDigest, packages } = JSON.parse(
      readFileSync(path.join(place, MANIFEST), "utf8"),
    );
    const whole = path.join(place, folder);
    const isFresh =
      digestOfFiles(checkout, sources) === sourcesDigest &&
      digestOfFiles(whole, files) === filesDigest &&
      // Megabytes of which a start may need none: those are not read for it.
      packages.every(({ file, size }) => statSync(file).size === size);
    return isFresh ? path.join(whole, ENTRY) : undefined;
  } catch {
    // None yet, one that is damaged, or a source that is gone: what is wrong with that the build says better.
    return undefined;
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} names
 */
function digestOfFiles(folder, names) {
  return digestOf(names.map((name) => [name, readFileSync(path.join(folder, name))]));
}

/**
 * Of all contents, each with its name and length, so that nothing can move from one file to the next unseen.
 * @param {readonly (readonly [name: string, content: Uint8Array])[]} contents
 */
export function digestOf(contents) {
  const hash = createHash("sha256");
  for (const [name, content] of contents) hash.update(`${name}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return "";
  }
}
