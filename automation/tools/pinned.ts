import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../components/program/errors.ts";
import { cacheFolder } from "../cache.ts";
import { toolsFolder } from "./cached.ts";
import { buildEnvironment, compilersAtOnce, findGo } from "./go.ts";
import { whileAlone, workFolder } from "./lock.ts";

/** A program that is no part of a lab, and that something here is held to: by a folder with a go.mod that names it as its tool, and its go.sum. */
export interface PinnedProgram {
  name: string;
  /** Folder of the module. */
  module: string;
  /** Its package. */
  package: string;
  /** Variables that the linker sets, `importpath.name=value`. Default: none. */
  stamps?: readonly string[];
  /** Folder in the user's cache. */
  shelf: "bench" | "test";
}

/**
 * The program, built once by Go as its module pins it, into the user's cache.
 * @throws UserError where there is no Go, or it does not build
 */
export async function pinnedProgram(program: PinnedProgram): Promise<string> {
  const { name, module, stamps = [], shelf } = program;
  const pins = createHash("sha256")
    .update(await readFile(path.join(module, "go.sum")))
    .update(stamps.join("\n"))
    .digest("hex");
  const target = path.join(cacheFolder(), shelf, `${name}-${pins.slice(0, 12)}`);
  if (existsSync(target)) return target;
  const go = await findGo();
  if ("problem" in go) throw new UserError(`${name} is built by Go: ${go.problem}.`);
  const folder = toolsFolder(cacheFolder());
  await whileAlone(
    folder,
    () => undefined,
    async (lock) => {
      // Another process may have built it while this one waited for the lock.
      if (existsSync(target)) return;
      await lock.announce(`builds ${name}`);
      await mkdir(workFolder(folder), { recursive: true });
      const output = path.join(workFolder(folder), name);
      await build(program, go.file, output);
      await mkdir(path.dirname(target), { recursive: true });
      await rename(output, target);
    },
  );
  return target;
}

async function build({ name, module, stamps = [], ...program }: PinnedProgram, go: string, output: string) {
  const flags = ["-s", "-w", ...stamps.map((stamp) => `-X ${stamp}`)].join(" ");
  const words = ["build", "-ldflags", flags, "-p", String(compilersAtOnce()), "-o", output, program.package];
  const built = await execa(go, words, {
    cwd: module,
    env: buildEnvironment(),
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
  });
  if (built.failed) throw new UserError(`${name} does not build:\n${built.all}`);
}
