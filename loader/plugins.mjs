// @ts-check
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

/**
 * Packages are imported by their address: what is compiled lies where no node_modules is.
 * @param {(name: string) => Promise<string | undefined>} fileOf the one file of a package that has become one
 * @returns {esbuild.Plugin}
 */
export function packagesByAddress(fileOf) {
  return {
    name: "packages-by-address",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path: name, kind }) => {
        if (kind === "entry-point" || name.startsWith("node:") || path.isAbsolute(name)) return undefined;
        const file = await fileOf(name);
        return { path: file === undefined ? import.meta.resolve(name) : pathToFileURL(file).href, external: true };
      });
    },
  };
}

/**
 * Notes each source as it was compiled, since it may be saved anew meanwhile; and has `import.meta` mean the source.
 * @param {string} checkout
 * @param {Map<string, Uint8Array>} read
 * @returns {esbuild.Plugin}
 */
export function sourcesAsRead(checkout, read) {
  return {
    name: "sources-as-read",
    setup(build) {
      build.onLoad({ filter: /./ }, async ({ path: file }) => {
        const contents = await readFile(file);
        read.set(file, contents);
        const loader = LOADERS[path.extname(file)];
        if (loader === undefined)
          throw new Error(`${path.relative(checkout, file)}: files of this kind are not imported`);
        return loader !== "json" && contents.includes("import.meta")
          ? { contents: await withPlaces(file, contents, loader), loader: "js" }
          : { contents, loader };
      });
    },
  };
}

/** @type {Record<string, esbuild.Loader>} */
const LOADERS = { ".ts": "ts", ".mjs": "js", ".json": "json" };

/**
 * @param {string} file
 * @param {Uint8Array} contents
 * @param {esbuild.Loader} loader
 */
async function withPlaces(file, contents, loader) {
  const places = { dirname: path.dirname(file), filename: file, url: pathToFileURL(file).href };
  const define = Object.entries(places).map(([name, value]) => [`import.meta.${name}`, JSON.stringify(value)]);
  const { code } = await esbuild.transform(contents, {
    loader,
    define: Object.fromEntries(define),
    sourcefile: path.basename(file),
    sourcemap: "inline",
    sourcesContent: false,
    target: "node20",
  });
  if (/\bimport\.meta\b/.test(code.replace(/^\/\/# sourceMappingURL.*$/m, "")))
    throw new Error(`${file}: of import.meta only dirname, filename and url are the source's own once it is compiled`);
  return code;
}
