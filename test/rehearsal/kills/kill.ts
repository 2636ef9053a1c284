import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import type { StackOptions } from "../../../automation/engine/stack.ts";
import { kill, programOf } from "../../../automation/processes.ts";
import { RUN_TYPESCRIPT } from "../../../automation/project.ts";
import { processesOf } from "../../../automation/runs/belonging.ts";
import type { Rehearsal } from "../../../automation/rehearsal/rehearse.ts";
import { isAt, type Kill, type Moment, type Victims } from "./moment.ts";
import type { Proxied } from "./proxied.ts";
import type { Passing } from "./proxy.ts";

const SCRIPT = path.join(import.meta.dirname, "killed-run.ts");

/** How a run came to its end. */
export interface Killed {
  /** What killed it: of those whose moments came, the first. Undefined: none came, and it ran to its end. */
  by: Kill | undefined;
  exitCode: number | undefined;
  stderr: string;
}

/** Brings a lab up in a process of its own and kills that at the first of some moments. Where none comes it runs to its end. */
export async function killedUp(rehearsal: Rehearsal, proxied: Proxied, kills: readonly Kill[]): Promise<Killed> {
  const { home, stack, env } = rehearsal;
  const file = path.join(home.folder, "killed-run.json");
  const options: StackOptions = {
    stack: stack.name,
    folder: stack.workspace.workDir,
    engine: home.folder,
    env,
    create: false,
  };
  await writeFile(file, JSON.stringify(options), { mode: 0o600 });
  const run = execa(process.execPath, [RUN_TYPESCRIPT, SCRIPT, file], { reject: false, stdin: "ignore", env });
  let by: Kill | undefined;
  const strikeAt = (isNow: (moment: Moment) => boolean): boolean => {
    const now = by === undefined ? kills.find(({ at }) => isNow(at)) : undefined;
    if (now === undefined) return false;
    by = now;
    killThem(now.victims, run.pid ?? 0, path.join(home.folder, "runs"));
    return true;
  };
  const look = (kind: "asked" | "answered") => (request: Passing) =>
    strikeAt((moment) => "request" in moment && moment.request === kind && isAt(moment.what, request));
  proxied.watch = { asked: look("asked"), answered: look("answered") };
  let rest = "";
  run.stdout.on("data", (text: Buffer) => {
    const lines = (rest + text.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) strikeAt((moment) => "event" in moment && isToldBy(line, moment));
  });
  const { exitCode, stderr } = await run;
  proxied.watch = {};
  return { by, exitCode, stderr };
}

/** Whether a line of a run (killed-run.ts) tells of an engine's moment. */
function isToldBy(line: string, { event, type, name = "" }: Extract<Moment, { event: string }>): boolean {
  const [told, urn = ""] = line.split(/ (.*)/);
  const [, , types = "", ...names] = urn.split("::");
  return told === event && types.split("$").at(-1) === type && names.join("::").endsWith(name);
}

/** At once, so that none of them hears of another's end. */
function killThem(victims: Victims, cli: number, runs: string): void {
  const own = processesOf(runs);
  const engine = own.filter((found) => programOf(found) === "pulumi").map(({ pid }) => pid);
  const pids: Record<Victims, number[]> = {
    all: [cli, ...own.map(({ pid }) => pid)],
    cli: [cli],
    engine,
    "cli and engine": [cli, ...engine],
  };
  for (const pid of pids[victims]) kill(pid);
}
