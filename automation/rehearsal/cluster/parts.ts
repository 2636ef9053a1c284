import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";

/** A program of a cluster, as it stands in `kwok.yaml` how it is started. */
export interface Part {
  name: string;
  /** Absolute path. */
  binary: string;
  args: string[];
  workDir: string;
}

/** What of a cluster's folder has a place that more than one file knows. They are kwokctl's, by which clusters were made before. */
export const partsFile = (folder: string): string => path.join(folder, "kwok.yaml");
export const kubeconfigFile = (folder: string): string => path.join(folder, "kubeconfig.yaml");
export const etcdFolder = (folder: string): string => path.join(folder, "etcd");

/** The parts of the cluster in a folder. */
export async function partsIn(folder: string): Promise<Part[]> {
  // The first document; those of kwok's Stages after it would take longest to read.
  const [cluster = ""] = (await readFile(partsFile(folder), "utf8")).split("\n---\n");
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
