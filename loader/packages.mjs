// @ts-check
import { existsSync } from "node:fs";
import path from "node:path";
import * as esbuild from "esbuild";
import { cachedBuild, ENTRY, INSTALLED, placeOfPackage } from "./cached.mjs";
import { keep } from "./keep.mjs";

/**
 * Packages of so many files that Node takes long to find and read them: each becomes one file, once for what npm has installed.
 * Seconds of CPU to import, before and after (Node 20, 2026-11): 0.50 and 0.14, 0.21 and 0.05, 0.09 and 0.02. The SDKs of Pulumi stay as they
 * are: they know themselves and each other by their files.
 */
export const LARGE = ["@kubernetes/client-node", "minio", "execa"];

/**
 * The one file of a package.
 * @param {string} name
 * @param {string} checkout
 * @param {string} compiled
 * @returns {Promise<string | undefined>} undefined for one that is imported where it is
 */
export async function packageFile(name, checkout, compiled) {
  if (!LARGE.includes(name) || !existsSync(path.join(checkout, INSTALLED))) return undefined;
  const place = placeOfPackage(compiled, checkout, name);
  return cachedBuild(checkout, place) ?? keep(place, (outdir) => inOne(name, checkout, outdir));
}

/**
 * @param {string} name
 * @param {string} checkout
 * @param {string} outdir
 * @returns {Promise<import("./keep.mjs").Made>}
 */
async function inOne(name, checkout, outdir) {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: `export * from ${JSON.stringify(name)};`, resolveDir: checkout },
    outfile: path.join(outdir, ENTRY),
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // What is CommonJS in it asks for Node's own modules, and tries for optional ones that are not there.
    banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
    keepNames: true,
    minifyWhitespace: true,
    logLevel: "silent",
  });
  return { outputs: outputFiles, sources: [], packages: [] };
}
