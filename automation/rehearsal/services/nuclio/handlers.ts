import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { until } from "../../../../components/rest/until.ts";
import { parseImage } from "../../../../components/images/reference.ts";
import { silentProgress } from "../../../progress.ts";
import { pythonEnvironment } from "../../../python/environment.ts";
import { Problem, type NuclioFunctionObject } from "./function.ts";
import type { Handlers } from "./invoke.ts";

/** Code of a function that lies in this checkout, and so can run here though its image cannot. */
export interface HandlerSource {
  /** Last part of the image's name: `yolo11x` of `registry.example/vision/yolo11x:1.0.0`. */
  image: string;
  /** Absolute path of the folder of the code. */
  folder: string;
  /** Absolute path of the pinned packages it needs. */
  requirements: string;
  /** Variables in the place of the function's own: those that lead out of the rehearsal. An empty one takes it away. */
  env: Record<string, string>;
  /** Makes what the code loads: a Python program's text and its arguments, run before the first start. */
  prepare?: string[];
}

interface Running {
  process: ChildProcess;
  /** What it was started for; something else is started anew. */
  hash: string;
  url: Promise<string>;
}

const RUNNER = path.join(import.meta.dirname, "run_handler.py");
const STARTED_WITHIN_MS = 60_000;

/** Runs the code of functions as Nuclio's processor would: one process each, started when it is first called. */
export function handlers(sources: readonly HandlerSource[], folder: string): Handlers {
  const running = new Map<string, Running>();
  return {
    async urlFor(fn) {
      const source = sources.find(({ image }) => image === nameOf(fn.spec.image ?? ""));
      if (!source) throw new Problem(502, `nothing here runs the image ${fn.spec.image ?? ""}: this is a rehearsal`);
      const { name } = fn.metadata;
      const hash = fn.spec.imageHash ?? "";
      const known = running.get(name);
      if (known?.hash === hash && known.process.exitCode === null) return known.url;
      known?.process.kill("SIGKILL");
      const python = await pythonEnvironment(source.requirements, { progress: silentProgress });
      if (source.prepare) await prepare(python, source.prepare);
      const next = await start(python, source, fn, path.join(folder, `${name}.log`));
      running.set(name, { ...next, hash });
      return next.url;
    },
  };
}

/** The name of an image without registry, folders, tag and digest. */
export function nameOf(image: string): string {
  return parseImage(image)?.path.split("/").at(-1) ?? "";
}

async function prepare(python: string, [program = "", ...args]: readonly string[]): Promise<void> {
  const result = await execa(python, ["-c", program, ...args], { stdin: "ignore", all: true, reject: false });
  if (result.failed) throw new Problem(502, `what the function loads cannot be made: ${result.all}`);
}

/** Starts a function's code as a process that ends with this one. */
export async function start(
  python: string,
  source: HandlerSource,
  { spec }: Pick<NuclioFunctionObject, "spec">,
  logFile: string,
): Promise<Omit<Running, "hash">> {
  const port = await getPort({ host: "127.0.0.1" });
  const log = openSync(logFile, "w", 0o600);
  const own = spec.env ?? [];
  const values = own.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  const child = spawn(python, [RUNNER, source.folder, spec.handler ?? "main:handler", String(port)], {
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ...environment(Object.fromEntries(values), source.env),
    },
    // Nothing is ever written to it: it ends when this process does, killed or not, and the code with it.
    stdio: ["pipe", log, log],
  });
  closeSync(log);
  return { process: child, url: listening(child, port, logFile) };
}

function environment(own: Record<string, string>, instead: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...own, ...instead }).filter(([, value]) => value !== ""));
}

async function listening(child: ChildProcess, port: number, logFile: string): Promise<string> {
  const url = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${url}/__internal/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  const started = await until(isUp, {
    isDone: (up) => up || child.exitCode !== null,
    everyMs: 200,
    withinMs: STARTED_WITHIN_MS,
  });
  if (!started) throw new Problem(502, `the function's code does not start: see ${logFile}`);
  return url;
}
