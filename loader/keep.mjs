// @ts-check
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { digestOf, ENTRY, MANIFEST } from "./cached.mjs";
import { tidy } from "./tidy.mjs";

/**
 * @typedef {object} Made
 * @property {{ path: string, contents: Uint8Array }[]} outputs
 * @property {(readonly [name: string, content: Uint8Array])[]} sources what was compiled, as it was then, by its place in the checkout
 * @property {string[]} packages files of packages that the outputs import
 */

/**
 * Has something compiled and keeps it in a place.
 * @param {string} place
 * @param {(outdir: string) => Promise<Made>} make
 * @returns {Promise<string>} the entry's compiled file
 */
export async function keep(place, make) {
  const folder = randomUUID();
  const outdir = path.join(place, folder);
  // Before anything is compiled: there may be no place to write. For this user alone, who runs what is in it.
  await mkdir(outdir, { recursive: true, mode: 0o700 });
  try {
    await fill(place, folder, await make(outdir));
  } catch (error) {
    await rm(outdir, { recursive: true, force: true });
    throw error;
  }
  await tidy(path.dirname(place));
  return path.join(outdir, ENTRY);
}

/**
 * @param {string} place
 * @param {string} folder
 * @param {Made} made
 */
async function fill(place, folder, { outputs, sources, packages }) {
  for (const { path: name, contents } of outputs) await writeFile(name, contents);
  const files = outputs.filter((output) => !output.path.endsWith(".map"));
  const contents = files.map((output) => /** @type {const} */ ([path.basename(output.path), output.contents]));
  /** @type {import("./cached.mjs").Manifest} */
  const manifest = {
    folder,
    sources: sources.map(([name]) => name),
    sourcesDigest: digestOf(sources),
    files: contents.map(([name]) => name),
    filesDigest: digestOf(contents),
    packages: await Promise.all(packages.map(async (file) => ({ file, size: (await stat(file)).size }))),
  };
  // Last, and in one step: who starts meanwhile finds the build before or this one, whole.
  const beside = path.join(place, `${folder}.json`);
  await writeFile(beside, JSON.stringify(manifest));
  await rename(beside, path.join(place, MANIFEST));
}
