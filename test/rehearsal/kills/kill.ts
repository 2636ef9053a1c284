import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import type { StackOptions } from "../../../automation/engine/stack.ts";
import { kill, programOf } from "../../../automation/processes.ts";
import { RUN_TYPESCRIPT } from "../../../automation/project.ts";
import { processesOf } from "../../../automation/runs/belonging.ts";
import type { Rehearsal } from "../../../automation/rehearsal/rehearse.ts";
import { isAt, type Kill, type Victims } from "./moment.ts";
import type { Proxied } from "./proxied.ts";

const SCRIPT = path.join(import.meta.dirname, "killed-run.ts");

/** How a run came to its end. */
export interface Killed {
  /** Whether its moment came. */
  wasKilled: boolean;
  exitCode: number | undefined;
  stderr: string;
}

/** Brings a lab up in a process of its own and kills that at a moment. Where the moment never comes it runs to its end. */
export async function killedUp(rehearsal: Rehearsal, proxied: Proxied, { at, victims }: Kill): Promise<Killed> {
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
  let wasKilled = false;
  const strike = () => {
    if (wasKilled) return;
    wasKilled = true;
    killThem(victims, run.pid ?? 0, path.join(home.folder, "runs"));
  };

  if ("event" in at) {
    let rest = "";
    run.stdout.on("data", (text: Buffer) => {
      const lines = (rest + text.toString()).split("\n");
      rest = lines.pop() ?? "";
      const isIt = (line: string) => {
        const [event, urn = ""] = line.split(/ (.*)/);
        const [, , types = "", ...name] = urn.split("::");
        return event === at.event && types.split("$").at(-1) === at.type && name.join("::").endsWith(at.name ?? "");
      };
      if (lines.some(isIt)) strike();
    });
  } else {
    const look = (request: { method: string; path: string }) => {
      if (wasKilled || !isAt(at.what, request)) return false;
      strike();
      return true;
    };
    proxied.watch = at.request === "asked" ? { asked: look } : { answered: look };
  }
  const { exitCode, stderr } = await run;
  proxied.watch = {};
  return { wasKilled, exitCode, stderr };
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
