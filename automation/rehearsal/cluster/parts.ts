import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";

/** A program of a cluster, as kwokctl wrote down how it starts it. */
export interface Part {
  name: string;
  /** Absolute path. */
  binary: string;
  args: string[];
  workDir: string;
}

/** The parts of the cluster in a folder of kwokctl's. */
export async function partsIn(folder: string): Promise<Part[]> {
  // The first document; those of kwok's Stages after it would take longest to read.
  const [cluster = ""] = (await readFile(path.join(folder, "kwok.yaml"), "utf8")).split("\n---\n");
  return (parse(cluster) as { components: Part[] }).components;
}

/** Starts a part as a process of its own, which outlives this one. What it says goes to its log. */
export function startPart({ name, binary, args, workDir }: Part, env: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(path.join(workDir, "logs", `${name}.log`), "a", 0o600);
  const child = spawn(binary, args, { cwd: workDir, env, detached: true, stdio: ["ignore", log, log] });
  child.unref();
  closeSync(log);
  return child;
}
