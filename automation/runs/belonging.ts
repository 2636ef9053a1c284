import path from "node:path";
import { UserError } from "../../components/program/errors.ts";
import { until } from "../../components/rest/until.ts";
import { kill, programOf, runningProcesses, startOf, valuesOf, type RunningProcess } from "../processes.ts";
import { PROGRAMS } from "../tools/programs.ts";

// Of a rehearsal, of the delivery of images and of bench; a person's own verb is not among them.
const SCRIPTS = ["rehearsal", "plugins", "images", "bench"].map(
  (folder) => path.resolve(import.meta.dirname, "..", folder) + path.sep,
);
// The SDK's own, which serve dynamic providers and outlive an engine that is killed.
const SDK_SCRIPTS = /\/pulumi-resource-pulumi-nodejs$|\/node_modules\/@pulumi\/pulumi\/cmd\//;
// A cluster runs kwok under the name of its part. kubectl is left out: it may be a person's.
const NAMES = new Set([...PROGRAMS.map((program) => program.name), "kwok-controller"]);
NAMES.delete("kubectl");
const MARK = "VISION_PLATFORM_RUN";
const GONE_WITHIN_MS = 10_000;

/**
 * The environment for programs started for a run, or for a rehearsal, whose command line does not show its folder (the engine, its plugins and
 * what those start): it lets a later run find them when this one is killed.
 */
export function markOf(folder: string): Record<string, string> {
  return { [MARK]: folder };
}

/** The folder that an environment is marked with. */
export function markIn(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return env[MARK];
}

/**
 * The processes that belong to a folder: those marked with it, or with one below it; and our programs, our scripts and the engine's that were
 * started with something under it. A person's editor or kubectl on the same files is not among them.
 */
export function processesOf(folder: string): RunningProcess[] {
  const isBelow = (mark: string | undefined) => mark === folder || mark?.startsWith(folder + path.sep) === true;
  const names = (found: RunningProcess) => found.words.some((word) => word.includes(folder + path.sep));
  const marks = valuesOf(MARK);
  return runningProcesses().filter(
    (found) => found.pid !== process.pid && (isBelow(marks.get(found.pid)) || (isOurs(found) && names(found))),
  );
}

function isOurs(found: RunningProcess): boolean {
  const isScript = (word: string) => SCRIPTS.some((folder) => word.startsWith(folder)) || SDK_SCRIPTS.test(word);
  return NAMES.has(programOf(found)) || found.words.some(isScript);
}

/**
 * Ends every process of a folder and waits until they are gone.
 * @throws UserError naming those that do not go
 */
export async function endProcessesOf(folder: string): Promise<void> {
  const killed: (RunningProcess & { start: string | undefined })[] = [];
  const endThem = () => {
    // Looked for again each time: others may be started meanwhile.
    for (const found of processesOf(folder)) {
      if (killed.every(({ pid }) => pid !== found.pid)) killed.push({ ...found, start: startOf(found.pid) });
      kill(found.pid);
    }
    // One that ends has no command line any more before its last thread is gone, and until then listens on its ports.
    return killed.filter(({ pid, start }) => start !== undefined && startOf(pid) === start);
  };
  await until(endThem, {
    isDone: (left) => left.length === 0,
    everyMs: 50,
    withinMs: GONE_WITHIN_MS,
    late: (left) => {
      const names = left.map((found) => `${programOf(found)} (${found.pid})`).join(", ");
      return new UserError(`Processes of the run in ${folder} do not end: ${names}. End them by hand, then run again.`);
    },
  });
}
