import { spawn } from "node:child_process";
import { openSync, closeSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Plan } from "../../../components/lab/plan.ts";
import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import type { StackSecret } from "../../engine/sealing.ts";
import type { ProgressTask } from "../../progress.ts";
import { PROJECT_FOLDER, RUN_TYPESCRIPT } from "../../project.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { kill, startOf } from "../../processes.ts";
import { portOf, writePort } from "../ports.ts";
import type { Tool } from "../../tools/obtain.ts";

/** A value for the rehearsal's copy of the stack file. */
export interface ConfigValue {
  /** `cvat`, `objectStore`. */
  section: string;
  path: readonly (string | number)[];
  value: unknown;
}

/** What a service that runs has for others. */
export interface Started {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  url: string;
  port: number;
  /** What stands for what, for the summary. Default: nothing to say. */
  notes?: readonly string[];
  /** What points the stack at it. */
  values?: readonly ConfigValue[];
  /** Set where the stack has none of its own. */
  secrets?: readonly StackSecret[];
  /** Files that the stack names, by their path in the project's folder. */
  files?: Readonly<Record<string, string>>;
  /** What later services need to know of it. */
  facts?: Readonly<Record<string, string>>;
}

export interface ServiceContext {
  /** Folder of the rehearsal: everything of it is under here. */
  home: string;
  tools: readonly Tool[];
  plan: Plan;
  cluster: Cluster;
  progress: ProgressTask;
  /** The services that this one comes after, by name, as far as the lab wants them. */
  started: Readonly<Record<string, Started>>;
}

/** What stands for a system, or is one, beside the rehearsal's cluster. */
export interface RehearsalService {
  name: string;
  wanted: (plan: Plan) => boolean;
  /** Services whose addresses it needs. Default: none. */
  after?: readonly string[];
  start: (context: ServiceContext) => Promise<Started>;
}

export interface ServiceSpec {
  name: string;
  /** Absolute path of the script. */
  script: string;
  home: string;
  /** What the script is told, as JSON. May hold secrets: the file is the user's alone. */
  config: unknown;
}

const READY_WITHIN_MS = 60_000;
const LINES_OF_LOG = 12;

/**
 * Folder of a service: its configuration, its data, its log, and `ready.json` while it serves. What it remembers lies here by the time it
 * answers, so that it goes on where it was after it was ended, and in a snapshot.
 */
export function serviceFolder(home: string, name: string): string {
  return path.join(home, "services", name);
}

/**
 * Starts a script of ours as its own process, so that a kept rehearsal works on, and waits until it serves. One that runs with the same
 * configuration is left alone; otherwise it is started again, on its old port where it can.
 * @throws UserError with the end of its log when it does not serve
 */
export async function ensureService({
  name,
  script,
  home,
  config,
}: ServiceSpec): Promise<{ url: string; port: number }> {
  const folder = serviceFolder(home, name);
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, "config.json");
  const before = await readJson(file);
  const ready = await readJson<Ready>(path.join(folder, "ready.json"));
  const running = ready !== undefined && isRunning(ready);
  if (running && isDeepStrictEqual(before, JSON.parse(JSON.stringify(config)))) return place(ready);
  if (running) kill(ready.pid);
  await rm(path.join(folder, "ready.json"), { force: true });
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const port = await portOf(home, name);
  await writeFile(path.join(folder, "port"), String(port));
  start(script, file, path.join(folder, "log"));
  const serving = place(await served(name, folder));
  if (serving.port !== port) await writePort(home, name, serving.port);
  return serving;
}

/** What a service that serves writes down: a pid comes round again, with its start it names the process for good. */
export interface Ready {
  pid: number;
  start?: string | undefined;
  port: number;
}

/** Whether the process that wrote this still runs. (A rehearsal that was kept may have been made before starts were written down.) */
export function isRunning({ pid, start }: Pick<Ready, "pid" | "start">): boolean {
  const found = startOf(pid);
  return found !== undefined && (start === undefined || found === start);
}

function start(script: string, config: string, log: string): void {
  const output = openSync(log, "w");
  const child = spawn(process.execPath, [RUN_TYPESCRIPT, script, config], {
    cwd: PROJECT_FOLDER,
    detached: true,
    stdio: ["ignore", output, output],
  });
  child.unref();
  closeSync(output);
}

async function served(name: string, folder: string): Promise<Ready> {
  const ready = await until(() => readJson<Ready>(path.join(folder, "ready.json")), {
    isDone: (found) => found !== undefined,
    everyMs: 50,
    withinMs: READY_WITHIN_MS,
  });
  if (ready === undefined) throw await doesNotServe(name, folder);
  return ready;
}

/** The error for a service that does not come up, with the end of its log. */
export async function doesNotServe(name: string, folder: string): Promise<UserError> {
  const log = await readFile(path.join(folder, "log"), "utf8").catch(() => "");
  const last = log.trimEnd().split("\n").slice(-LINES_OF_LOG).join("\n");
  return new UserError(`The rehearsal's ${name} does not serve. The end of its log (${folder}/log):\n${last}`);
}

function place({ port }: Ready): { url: string; port: number } {
  return { url: `http://127.0.0.1:${port}`, port };
}

/** What a service wrote down; undefined while it has not. */
export async function readJson<T = Record<string, unknown>>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as T;
  } catch {
    return undefined; // Not there yet, or half written.
  }
}
