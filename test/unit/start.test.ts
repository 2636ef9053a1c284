import path from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";

const PROJECT = path.resolve(import.meta.dirname, "../..");

/** Packages that are loaded with a file of the project, before anything in it runs. */
async function packagesWith(file: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [file],
    absWorkingDir: PROJECT,
    outdir: "nowhere",
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    metafile: true,
  });
  const reached = new Set<string>();
  const packages = new Set<string>();
  const reach = (output: string) => {
    if (reached.has(output)) return;
    reached.add(output);
    for (const one of metafile.outputs[output]?.imports ?? []) {
      if (one.kind === "dynamic-import") continue;
      if (!one.external) reach(one.path);
      else if (!one.path.startsWith("node:")) packages.add(one.path);
    }
  };
  for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) if (entryPoint === file) reach(output);
  return [...packages];
}

it("help needs what reads flags and no more", async () => {
  expect(await packagesWith("automation/cli.ts")).toEqual(["commander"]);
});

it("checking a stack file needs nothing that registers, starts or calls", async () => {
  const slow = (await packagesWith("automation/verbs/config.ts")).filter((name) =>
    /^@pulumi\/(?!pulumi\/output\.js$)|^@kubernetes|^minio|^execa|^ssh2|^@grpc/.test(name),
  );
  expect(slow).toEqual([]);
});
