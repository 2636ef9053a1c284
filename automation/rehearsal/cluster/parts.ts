import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseAllDocuments } from "yaml";

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
  const [cluster] = parseAllDocuments(await readFile(path.join(folder, "kwok.yaml"), "utf8"));
  const { components } = cluster?.toJS() as { components: Part[] };
  return components;
}

/** Starts a part as a process of its own, which outlives this one. What it says goes to its log. */
export function startPart({ name, binary, args, workDir }: Part, env: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(path.join(workDir, "logs", `${name}.log`), "a", 0o600);
  const child = spawn(binary, args, { cwd: workDir, env, detached: true, stdio: ["ignore", log, log] });
  child.unref();
  closeSync(log);
  return child;
}
