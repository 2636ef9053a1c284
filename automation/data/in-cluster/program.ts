import path from "node:path";
import * as esbuild from "esbuild";
import { PROJECT_FOLDER } from "../../project.ts";

/** Of packages with parts that are no JavaScript only the place is known when the program is compiled (packages.ts). */
const FETCHED = /^(sharp|mediainfo\.js)$/;

/** The program of the pods: one file with all that it needs of the project and of its packages. */
export async function podProgram(): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [path.join(import.meta.dirname, "pod/main.ts")],
    absWorkingDir: PROJECT_FOLDER,
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minify: true,
    // Errors are told apart by the names of their classes.
    keepNames: true,
    // What is CommonJS in it asks for Node's own modules.
    banner: { js: 'const require = process.getBuiltinModule("node:module").createRequire(process.argv[1]);' },
    logLevel: "silent",
    plugins: [fetchedPackages],
  });
  return outputFiles[0]?.text ?? "";
}

const fetchedPackages: esbuild.Plugin = {
  name: "fetched-packages",
  setup(build) {
    build.onResolve({ filter: FETCHED }, ({ path: name }) => ({ path: name, namespace: "fetched" }));
    build.onLoad({ filter: /./, namespace: "fetched" }, ({ path: name }) => ({
      contents: [
        'import { createRequire } from "node:module";',
        `const found = createRequire(process.env.VISION_PLATFORM_PACKAGES)(${JSON.stringify(name)});`,
        "export default found.default ?? found;",
      ].join("\n"),
    }));
  },
};
