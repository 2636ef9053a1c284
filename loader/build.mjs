// @ts-check
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as esbuild from "esbuild";
import { digestOf, ENTRY, MANIFEST } from "./cached.mjs";
import { packagesWhereTheyAre, sourcesAsRead } from "./plugins.mjs";
import { tidy } from "./tidy.mjs";

/**
 * Compiles an entry with all that it imports of the project. Packages stay where they are.
 * @param {string} file
 * @param {string} checkout
 * @param {string} place
 * @returns {Promise<string>} the entry's compiled file
 */
export async function build(file, checkout, place) {
  const folder = randomUUID();
  const outdir = path.join(place, folder);
  // Before esbuild, whose error would not say that it is about writing. For this user alone, who runs what is in it.
  await mkdir(outdir, { recursive: true, mode: 0o700 });

  /** @type {Map<string, Uint8Array>} */
  const read = new Map();
  const outputs = await compiled(file, checkout, outdir, read).catch(async (error) => {
    await rm(outdir, { recursive: true });
    throw error;
  });
  for (const { path: name, contents } of outputs) await writeFile(name, contents);

  const files = outputs.filter((output) => !output.path.endsWith(".map"));
  const sources = [...read].map(([name, content]) => named(checkout, name, content));
  /** @type {import("./cached.mjs").Manifest} */
  const manifest = {
    folder,
    sources: sources.map(([name]) => name),
    sourcesDigest: digestOf(sources),
    files: files.map((output) => path.basename(output.path)),
    filesDigest: digestOf(files.map((output) => named(outdir, output.path, output.contents))),
  };
  // Last, and in one step: who starts meanwhile finds the build before or this one, whole.
  const beside = path.join(place, `${folder}.json`);
  await writeFile(beside, JSON.stringify(manifest));
  await rename(beside, path.join(place, MANIFEST));
  await tidy(path.dirname(place));
  return path.join(outdir, ENTRY);
}

/**
 * @param {string} file
 * @param {string} checkout
 * @param {string} outdir
 * @param {Map<string, Uint8Array>} read
 */
async function compiled(file, checkout, outdir, read) {
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [{ in: file, out: path.parse(ENTRY).name }],
      absWorkingDir: checkout,
      outdir,
      write: false,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      outExtension: { ".js": ".mjs" },
      sourcemap: "linked",
      sourcesContent: false,
      // Errors and components are told apart by the names of their classes.
      keepNames: true,
      logLevel: "silent",
      plugins: [packagesWhereTheyAre(), sourcesAsRead(checkout, read)],
    });
    return outputFiles;
  } catch (error) {
    const text = `The program does not compile.\n${/** @type {Error} */ (error).message}`;
    // Where it was thrown says nothing: the text has the places.
    throw Object.assign(new Error(text), { stack: text });
  }
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {Uint8Array} content
 */
function named(folder, file, content) {
  return /** @type {const} */ ([path.relative(folder, file), content]);
}
