import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../components/program/errors.ts";
import { cacheFolder as usersCacheFolder } from "../cache.ts";
import type { Progress, ProgressTask } from "../progress.ts";
import { kill, runningProcesses } from "../processes.ts";
import { whileAlone } from "../tools/lock.ts";
import { findPython, type Python } from "./python.ts";

const LINES_OF_OUTPUT = 15;

export interface PythonOptions {
  progress: Progress;
  /** Default: the user's cache folder (`automation/cache.ts`). */
  cacheFolder?: string;
}

/**
 * The `python` of a virtual environment that holds what a requirements file pins: from the cache, else made now, once.
 * Programs of packages lie beside it. Packages come as wheels, from wherever pip is set up to fetch them; one that has
 * none needs a line `--no-binary NAME` in the file.
 * @param requirementsFile pins every package (`NAME==VERSION`, with hashes or without) and includes no other file
 * @returns the absolute path
 * @throws UserError where Python is missing, too old or without venv, and for what pip could not install
 */
export async function pythonEnvironment(requirementsFile: string, options: PythonOptions): Promise<string> {
  const requirements = await readFile(requirementsFile, "utf8");
  checkPinned(requirementsFile, requirements);
  const python = await findPython();
  const all = path.join(options.cacheFolder ?? usersCacheFolder(), "python");
  const folder = path.join(all, keyOf(requirements, python));
  if (isWhole(folder)) return interpreter(folder);
  const name = path.relative(process.cwd(), path.resolve(requirementsFile));
  await options.progress.task(`Installing the Python packages of ${name}, once`, (task) =>
    whileAlone(
      all,
      (holder) => task.update(`waiting for ${holder}`),
      async (lock) => {
        // Another process may have made it while this one waited for the lock.
        if (isWhole(folder)) return;
        await lock.announce(`makes the Python environment of ${name}`);
        await make(folder, python, path.resolve(requirementsFile), task);
      },
    ),
  );
  return interpreter(folder);
}

/** A digest of all that decides how an environment comes out. It holds the interpreter's path: it links to that file. */
function keyOf(requirements: string, python: Python): string {
  return createHash("sha256")
    .update(JSON.stringify([requirements, python.version, python.platform, python.executable]))
    .digest("hex")
    .slice(0, 16);
}

function interpreter(folder: string): string {
  return path.join(folder, "bin", "python");
}

/** An environment cannot be moved once made, for its programs name its folder: it is whole when this file is there. */
function wholeMark(folder: string): string {
  return path.join(folder, "whole");
}

function isWhole(folder: string): boolean {
  return existsSync(wholeMark(folder));
}

async function make(folder: string, python: Python, requirementsFile: string, task: ProgressTask): Promise<void> {
  endOrphans(folder);
  await rm(folder, { recursive: true, force: true });
  task.update("virtual environment");
  await run([python.executable, "-m", "venv", folder], requirementsFile, () => undefined);
  const pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:"];
  await run([interpreter(folder), ...pip, "-r", requirementsFile], requirementsFile, (line) => {
    const at = /^(?:Collecting|Downloading|Installing) ([^\s;=]+)/.exec(line.trim())?.[1];
    if (at) task.update(at === "collected" ? "unpacking" : at);
  });
  await writeFile(wholeMark(folder), "");
}

/** A pip whose starter was killed goes on by itself, and would write into the new environment. */
function endOrphans(folder: string): void {
  for (const found of runningProcesses()) {
    if (found.words[0]?.startsWith(folder + path.sep)) kill(found.pid);
  }
}

async function run(
  [program = "", ...args]: readonly string[],
  requirementsFile: string,
  onLine: (line: string) => void,
): Promise<void> {
  const running = execa(program, args, {
    // A person's PYTHONPATH would shadow what is installed, and PIP_USER would put it elsewhere.
    env: { PYTHONPATH: undefined, PYTHONHOME: undefined, PIP_USER: undefined, PIP_TARGET: undefined },
    stdin: "ignore",
    all: true,
    reject: false,
  });
  for await (const line of running.iterable({ from: "all" })) onLine(line);
  const result = await running;
  if (!result.failed) return;
  const end = result.all.trimEnd().split("\n").slice(-LINES_OF_OUTPUT);
  throw new UserError(
    [
      `Installing the Python packages of ${requirementsFile} failed. The end of the output:`,
      ...end.map((line) => `  ${line}`),
      "A package index must be reachable (PyPI, or the one of PIP_INDEX_URL), with a wheel for this Python and machine.",
    ].join("\n"),
  );
}

/** A line of a requirements file that leaves nothing open: a pinned package, or an option of the line before. */
const PINNED = /^[\w.-]+(\[[\w,.-]+\])?==[^\s*;]+(?=\s|;|$)|^--(hash|no-binary)\b/;

function checkPinned(file: string, requirements: string): void {
  const lines = requirements.split("\n").map((line) => line.replace(/(^|\s)#.*/, "").trim());
  const loose = lines.filter((line) => line !== "" && !PINNED.test(line));
  if (loose.length === 0) return;
  throw new UserError(loose.map((line) => `${file}: '${line}' is not pinned: write NAME==VERSION.`));
}
