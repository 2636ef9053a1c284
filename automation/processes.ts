import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { execFileSync } from "node:child_process";
import path from "node:path";

/** A process of this machine, as far as this user may see it. */
export interface RunningProcess {
  pid: number;
  /** The command line, word by word. (Where only `ps` can be asked, split at blanks.) */
  words: string[];
}

/** Every process whose command line can be read. Linux needs no `ps`, which slim images do not have. */
export function runningProcesses(): RunningProcess[] {
  return process.platform === "linux" ? fromProc() : fromPs();
}

function fromProc(file: "cmdline" | "environ" = "cmdline"): RunningProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), words: procWords(name, file) }))
    .filter((found) => found.words.length > 0);
}

function procWords(pid: string, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0").slice(0, -1);
  } catch {
    return []; // It ended while we were looking, or is another user's.
  }
}

function fromPs(options: readonly string[] = []): RunningProcess[] {
  return execFileSync("ps", ["-axww", ...options, "-o", "pid=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, ...words]) => ({ pid: Number(pid), words }))
    .filter((found) => found.words.length > 0);
}

/** The value of a variable in the environments that processes were started with, by pid, as far as this user may read them. */
export function valuesOf(variable: string): Map<number, string> {
  const start = `${variable}=`;
  const values = environments().map(({ pid, words }) => [pid, words.find((word) => word.startsWith(start))] as const);
  return new Map(values.flatMap(([pid, word]) => (word === undefined ? [] : [[pid, word.slice(start.length)]])));
}

function environments(): RunningProcess[] {
  if (process.platform === "linux") return fromProc("environ");
  // Apple's `ps` shows the environment behind the command line (not tried here). No other has that option.
  return process.platform === "darwin" ? fromPs(["-E"]) : [];
}

/** Whose each process is, by pid: the number of its user. */
export function usersOf(): Map<number, number> {
  if (process.platform !== "linux") return numbersOf("uid");
  return new Map(
    pidsIn().flatMap((pid): [number, number][] => {
      const user = orNothing(() => statSync(`/proc/${pid}`).uid);
      return user === undefined ? [] : [[pid, user]];
    }),
  );
}

/** By which process each was started, by pid; one whose parent has ended is handed to another. */
export function parentsOf(): Map<number, number> {
  if (process.platform !== "linux") return numbersOf("ppid");
  return new Map(
    pidsIn().flatMap((pid): [number, number][] => {
      const parent = orNothing(() => statOf(pid)[1]);
      return parent === undefined ? [] : [[pid, Number(parent)]];
    }),
  );
}

/** What a process counts its processes and its ports in, in a form that only compares: a container has its own. Empty where there are none. */
export function worldOf(pid: number): string {
  const spaces = ["pid", "net"].map((kind) => orNothing(() => readlinkSync(`/proc/${pid}/ns/${kind}`)) ?? "");
  return spaces.join(" ").trim();
}

const pidsIn = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function numbersOf(column: "uid" | "ppid"): Map<number, number> {
  const lines = execFileSync("ps", ["-axww", "-o", `pid=,${column}=`], { encoding: "utf8" }).split("\n");
  return new Map(
    lines.flatMap((line): [number, number][] => {
      const [, pid, number] = /^\s*(\d+)\s+(\d+)/.exec(line) ?? [];
      return pid === undefined ? [] : [[Number(pid), Number(number)]];
    }),
  );
}

/** The fields of a process's stat after the name, which may itself hold blanks and brackets. */
function statOf(pid: number): string[] {
  return (readFileSync(`/proc/${pid}/stat`, "utf8").split(")").at(-1) ?? "").trim().split(" ");
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // It ended while we were looking, or is another user's.
  }
}

/** The file name of the program that a process runs. */
export function programOf(found: RunningProcess): string {
  return path.basename(found.words[0] ?? "");
}

/**
 * When a process began, in a form that only compares: together with the pid it names a process for good, since pids
 * come round again. `undefined`: there is no such process.
 */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === "linux") {
      const [state, ...rest] = statOf(pid);
      // Its first thread may have ended before others, which keep its ports and files. (proc_pid_stat(5), num_threads)
      const hasEnded = state === "Z" && Number(rest[16]) <= 1;
      return hasEnded ? undefined : rest[18];
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Sends a process a signal, by default the one that ends it at once; one that is gone already is no error. */
export function kill(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
