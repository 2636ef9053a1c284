import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "../../../components/errors.ts";
import { kill, programOf, runningProcesses, startOf, type RunningProcess } from "../../processes.ts";
import { PROGRAMS } from "../../tools/programs.ts";

// Of a rehearsal, of the delivery of images and of bench; a person's own verb is not among them.
const SCRIPTS = ["rehearsal", "images", "bench"].map(
  (folder) => path.resolve(import.meta.dirname, "../..", folder) + path.sep,
);
// The SDK's own, which serve dynamic providers and outlive an engine that is killed.
const SDK_SCRIPTS = /\/pulumi-resource-pulumi-nodejs$|\/node_modules\/@pulumi\/pulumi\/cmd\//;
// kwokctl runs kwok under the name of its component. kubectl is left out: it may be a person's.
const NAMES = new Set([...PROGRAMS.map((program) => program.name), "kwok-controller"]);
NAMES.delete("kubectl");
const MARK = "VISION_PLATFORM_REHEARSAL";
const GONE_WITHIN_MS = 10_000;

/**
 * The environment for programs started for a rehearsal whose command line does not show its home (the engine and its
 * plugins): it lets a later run find them when this one is killed.
 */
export function markOf(home: string): Record<string, string> {
  return { [MARK]: home };
}

/**
 * The processes of a rehearsal: our programs, our scripts and the engine's, that were started with something under its
 * home (or, on Linux, with its mark). A person's editor or kubectl on the same files is not among them.
 */
export function processesOf(home: string): RunningProcess[] {
  return runningProcesses().filter((found) => found.pid !== process.pid && isOurs(found) && isOf(home, found));
}

function isOurs(found: RunningProcess): boolean {
  const isScript = (word: string) => SCRIPTS.some((folder) => word.startsWith(folder)) || SDK_SCRIPTS.test(word);
  return NAMES.has(programOf(found)) || found.words.some(isScript);
}

function isOf(home: string, found: RunningProcess): boolean {
  return found.words.some((word) => word.includes(home + path.sep)) || markIn(found.pid) === home;
}

function markIn(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return variables.find((variable) => variable.startsWith(`${MARK}=`))?.slice(MARK.length + 1);
  } catch {
    return undefined; // Not Linux, not ours to read, or ended meanwhile.
  }
}

/**
 * Ends every process of a rehearsal and waits until they are gone.
 * @throws UserError naming those that do not go
 */
export async function endProcessesOf(home: string): Promise<void> {
  const end = Date.now() + GONE_WITHIN_MS;
  for (;;) {
    // Looked for again each time: kwokctl may be starting others meanwhile.
    const left = processesOf(home).filter(({ pid }) => startOf(pid) !== undefined);
    if (left.length === 0) return;
    if (Date.now() > end) {
      const names = left.map((found) => `${programOf(found)} (${found.pid})`).join(", ");
      throw new UserError(
        `Processes of the rehearsal in ${home} do not end: ${names}. End them by hand, then run again.`,
      );
    }
    for (const { pid } of left) kill(pid);
    await pause(50);
  }
}
