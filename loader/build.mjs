// @ts-check
import path from "node:path";
import * as esbuild from "esbuild";
import { ENTRY } from "./cached.mjs";
import { keep } from "./keep.mjs";
import { packageFile } from "./packages.mjs";
import { packagesByAddress, sourcesAsRead } from "./plugins.mjs";

/**
 * Compiles an entry with all that it imports of the project. Packages are no part of it.
 * @param {string} file
 * @param {string} checkout
 * @param {string} place
 * @returns {Promise<string>} the entry's compiled file
 */
export function build(file, checkout, place) {
  return keep(place, async (outdir) => {
    /** @type {Map<string, Uint8Array>} */
    const read = new Map();
    /** @type {Map<string, Promise<string | undefined>>} */
    const packages = new Map();
    /** @param {string} name */
    const address = (name) => {
      const found = packages.get(name) ?? packageFile(name, checkout, path.resolve(place, "../.."));
      packages.set(name, found);
      return found;
    };
    const outputs = await compiled(file, checkout, outdir, [packagesByAddress(address), sourcesAsRead(checkout, read)]);
    const sources = [...read].map(([name, content]) => /** @type {const} */ ([path.relative(checkout, name), content]));
    const files = await Promise.all(packages.values());
    return { outputs, sources, packages: files.filter((name) => name !== undefined) };
  });
}

/**
 * @param {string} file
 * @param {string} checkout
 * @param {string} outdir
 * @param {esbuild.Plugin[]} plugins
 */
async function compiled(file, checkout, outdir, plugins) {
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
      plugins,
    });
    return outputFiles;
  } catch (error) {
    const text = `The program does not compile.\n${/** @type {Error} */ (error).message}`;
    // Where it was thrown says nothing: the text has the places.
    throw Object.assign(new Error(text), { stack: text });
  }
}
