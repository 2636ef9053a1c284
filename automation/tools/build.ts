import { copyFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../components/program/errors.ts";
import { MODULES, moduleFiles } from "./cached.ts";
import { asTyped, buildEnvironment, compilersAtOnce } from "./go.ts";
import type { BuiltProgram } from "./programs.ts";

const LINES_OF_OUTPUT = 15;

/**
 * Builds one program and puts it at `target`, whole or not at all.
 * @param go the Go command
 * @param workFolder where the copy of the module lies meanwhile: the checkout may be read-only, and Go writes into it
 * @throws UserError with the end of Go's output and the command to try
 */
export async function build(program: BuiltProgram, go: string, workFolder: string, target: string): Promise<void> {
  await mkdir(workFolder, { recursive: true });
  const folder = await mkdtemp(path.join(workFolder, `${program.name}-`));
  try {
    for (const name of await moduleFiles(program.module)) {
      await copyFile(path.join(MODULES, program.module, name), path.join(folder, name));
    }
    if (program.generate) await run(program, go, folder, ["generate", "./..."], program.generate);
    const output = path.join(folder, program.name);
    await run(program, go, folder, buildArguments(program, output), {});
    await mkdir(path.dirname(target), { recursive: true });
    await rename(output, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The words of `go build` for a program. */
export function buildArguments(program: BuiltProgram, output: string): string[] {
  const stamps = (program.stamps ?? []).map((stamp) => `-X ${stamp}`);
  return [
    "build",
    // Without symbol tables the programs are a third smaller, and linking them takes less memory.
    "-ldflags",
    ["-s", "-w", ...stamps].join(" "),
    // Nor do the compilers write what the linker then leaves out.
    "-gcflags",
    "all=-dwarf=false",
    ...(program.unoptimized ? ["-gcflags", `${program.unoptimized}=-dwarf=false -N -l`] : []),
    ...(program.tags ? ["-tags", program.tags.join(",")] : []),
    "-p",
    String(compilersAtOnce()),
    "-o",
    output,
    program.package,
  ];
}

async function run(
  program: BuiltProgram,
  go: string,
  folder: string,
  args: string[],
  extra: Readonly<Record<string, string>>,
): Promise<void> {
  const result = await execa(go, args, {
    cwd: folder,
    // Go's own temporary files go where a killed build's are cleared away; /tmp may be too small for them.
    env: { ...buildEnvironment(), ...extra, GOTMPDIR: folder },
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
  });
  if (!result.failed) return;
  const end = result.all.trimEnd().split("\n").slice(-LINES_OF_OUTPUT);
  throw new UserError(
    [
      `Building ${program.name} ${program.version} failed${result.isTerminated ? " (it was ended)" : ""}. The end of Go's output:`,
      ...end.map((line) => `  ${line}`),
      `To try it by hand: ${byHand(program)}`,
      `Or install it: ${program.install}`,
    ].join("\n"),
  );
}

/** What a person types to see the build fail. */
function byHand(program: BuiltProgram): string {
  const folder = path.join(MODULES, program.module);
  const build = ["go", ...buildArguments(program, "/dev/null")];
  const generate = program.generate && ["go", "generate", "./..."];
  return asTyped(folder, generate ? [generate, build] : [build], program.generate);
}
