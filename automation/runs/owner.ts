import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { startOf } from "../processes.ts";

/** What tells whether a pid of a record can be looked up here: a home folder may be shared by machines and containers. */
interface Machine {
  host: string;
  /** Other after each start of the machine. Empty where the system does not say. */
  boot: string;
  /** The numbering of processes: a container's is its own. Empty where the system does not say. */
  pids: string;
}

/** A process, named for good. */
export interface ProcessName {
  pid: number;
  /** Together with the pid it tells the process from a later one of the same number. */
  start: string;
  machine: Machine;
}

/** @throws Error when there is no such process */
export function nameOf(pid: number): ProcessName {
  const start = startOf(pid);
  if (start === undefined) throw new Error(`There is no process ${pid}.`);
  return { pid, start, machine: thisMachine() };
}

/**
 * Whether a process has ended for certain. Of another machine's or another container's nothing is certain. (Older versions took every process
 * for one of this machine, and named none.)
 */
export function hasEnded({
  pid,
  start,
  machine = thisMachine(),
}: Omit<ProcessName, "machine"> & Partial<Pick<ProcessName, "machine">>): boolean {
  const here = thisMachine();
  if (machine.host !== here.host) return false;
  if (machine.boot !== here.boot) return true;
  return machine.pids === here.pids && startOf(pid) !== start;
}

function thisMachine(): Machine {
  return {
    host: hostname(),
    boot: orNothing(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pids: orNothing(() => readlinkSync("/proc/self/ns/pid")),
  };
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return ""; // Not Linux.
  }
}
