import { accessSync, constants, existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Program } from "./programs.ts";
import { fits, versionIn } from "./versions.ts";

/** A program found on this machine. */
export interface Found {
  path: string;
  version: string;
}

/** What looking for a program gave. */
export interface Search {
  fitting?: Found;
  /** The first one of that name that does not fit, and why, for the error message. */
  unfit?: string;
}

const ANSWER_WITHIN_MS = 20_000;

/** Looks for a program on PATH, or for a plugin where Pulumi keeps plugins, at a version that fits. */
export async function findInstalled(program: Program, env: NodeJS.ProcessEnv = process.env): Promise<Search> {
  if (program.pluginFolder) return { fitting: findPlugin(program, program.pluginFolder, env) };
  let unfit: string | undefined;
  for (const file of onPath(program.name, env)) {
    const version = await askVersion(program, file);
    if (version && program.found && fits(version, program.found)) return { fitting: { path: file, version } };
    unfit ??= `${file} is ${version ?? "of an unknown version"}; ${program.found?.range ?? program.version} is needed`;
  }
  return { unfit };
}

function findPlugin(program: Program, folder: string, env: NodeJS.ProcessEnv): Found | undefined {
  const homes = [env["PULUMI_HOME"], path.join(homedir(), ".pulumi")].filter((home) => home !== undefined);
  const file = homes.map((home) => path.join(home, "plugins", folder, program.name)).find((place) => existsSync(place));
  return file === undefined ? undefined : { path: file, version: program.version };
}

/** Every executable file of that name on PATH, in PATH's order. */
export function onPath(name: string, env: NodeJS.ProcessEnv = process.env): string[] {
  return (env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.resolve(folder, name))
    .filter(isExecutableFile);
}

function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The version a program says it has. */
export async function askVersion(program: Program, file: string): Promise<string | undefined> {
  if (!program.found) return undefined;
  const result = await execa(file, program.found.args, {
    reject: false,
    all: true,
    timeout: ANSWER_WITHIN_MS,
    stdin: "ignore",
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return versionIn(result.all, program.found);
}
