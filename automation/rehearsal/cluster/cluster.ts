import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { BACKUP_CONTAINER } from "../../../components/backup/names.ts";
import { UserError } from "../../../components/program/errors.ts";
import { until } from "../../../components/rest/until.ts";
import type { ProgressTask } from "../../progress.ts";
import { RUN_TYPESCRIPT } from "../../project.ts";
import type { Tool } from "../../tools/obtain.ts";
import { endProcessesOf, markOf, processesOf } from "../../runs/belonging.ts";
import { untilAnswering } from "./answers.ts";
import {
  clusterConfig,
  clusterParts,
  egressConfig,
  kubeconfigText,
  type ClusterPrograms,
  type PodForward,
  type Ports,
} from "./config.ts";
import { forgetPort, portOf } from "../ports.ts";
import { trimLogOf } from "./etcd.ts";
import { makeKeys } from "./keys.ts";
import { etcdFolder, kubeconfigFile, partsFile, partsIn, startPart, type Part } from "./parts.ts";
import { logFile } from "./pods/log-file.ts";
import { tunnelSocket } from "./routes.ts";
import { kill, programOf } from "../../processes.ts";

/** The programs a cluster needs, as `obtainTools` names them. */
export const CLUSTER_PROGRAMS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kwok",
  "kubectl",
] as const;

/** A running cluster. */
export interface Cluster {
  /** Everything of it is under here. */
  home: string;
  /** Absolute path; the only kubeconfig it is in. */
  kubeconfig: string;
  /** Name of its context in the kubeconfig. */
  context: string;
}

export interface ClusterOptions {
  /** Absolute path of an existing folder of which this cluster is the only one: a rehearsal's home. */
  home: string;
  /** The programs. */
  tools: readonly Tool[];
  progress: ProgressTask;
  /** Images, or beginnings of their names, that no pod can pull. Default: none. */
  unpullable?: readonly string[];
  /** Ports of pods to which a port-forward leads, and the name of the stand-in that has a port of the home (ports.ts). Default: none. */
  forwards?: readonly { namespace: string; port: number; standIn: string }[];
}

/** What the others need. */
const FIRST = ["etcd", "kube-apiserver"];
const PARTS = [...FIRST, "kube-controller-manager", "kube-scheduler", "kwok-controller"];
const LISTENING = [
  "etcd",
  "etcdPeer",
  "apiserver",
  "controllerManager",
  "scheduler",
  "kwok",
] as const satisfies (keyof Ports)[];
const NAME = "rehearsal";
/** Of what the API server takes to start, a fifth is its garbage collector's. (measured with 1.36.3: 0.83 s of CPU until it answers, and 0.65) */
const SELDOM_COLLECTED = { GOGC: "400", GOMEMLIMIT: "768MiB" };
const ATTEMPTS = 3;
const SERVED_WITHIN_MS = 90_000;
const LOOK_AGAIN_MS = 25;
const LINES_OF_LOG = 8;
const CONTROLLER_LOG = "addresses.log";
const CONTROLLER = path.join(import.meta.dirname, "controller.ts");

/**
 * Starts etcd, the API server, the controllers and kwok on free loopback ports, and the process that gives addresses and connects the
 * API server with what stands for pods.
 * A cluster that runs already is left as it is, one that was stopped (the machine was started again) goes on.
 * @throws UserError when it does not come up, with the end of the log of what ended
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = clusterIn(options.home);
  const running = processesOf(options.home);
  const complete = PARTS.every((part) => running.some((found) => programOf(found) === part));
  if (!complete && existsSync(partsFile(clusterFolder(options.home)))) await restart(options);
  else if (!complete) await create(options);
  if (!processesOf(options.home).some((found) => found.words.includes(CONTROLLER))) startController(cluster);
  await served(cluster);
  await connected(cluster);
  return cluster;
}

/** The cluster of a home, whether it runs or not. */
export function clusterIn(home: string): Cluster {
  return { home, kubeconfig: path.join(home, "kubeconfig"), context: `kwok-${NAME}` };
}

/** Takes away what only the processes of a cluster have, once they are ended: a socket, and room that etcd has set aside for later. */
export async function forgetRunning(home: string): Promise<void> {
  await trimLogOf(etcdFolder(clusterFolder(home)));
  await rm(tunnelSocket(home), { force: true });
}

function clusterFolder(home: string): string {
  return path.join(home, "kwok", "clusters", NAME);
}

async function create(options: ClusterOptions): Promise<void> {
  const { home, progress } = options;
  for (let attempt = 1; ; attempt++) {
    progress.update("starting etcd, API server, controllers and kwok");
    await writeCluster(options);
    const problem = await startParts(home);
    if (problem === undefined) return;
    // A port that was free when asked for may be somebody's by the time it is used.
    if (attempt === ATTEMPTS) throw new UserError(`The rehearsal cluster did not start:\n${problem}`);
    for (const part of LISTENING) await forgetPort(home, part);
    await rm(path.join(home, "kwok"), { recursive: true, force: true });
  }
}

/** Writes all that a cluster begins with. What says that it is there comes last. */
async function writeCluster({ home, tools, unpullable, forwards = [] }: ClusterOptions): Promise<void> {
  const folder = clusterFolder(home);
  const { kubeconfig, context } = clusterIn(home);
  const ports = await portsIn(home);
  const egress = path.join(home, "egress.yaml");
  await makeKeys(folder);
  await mkdir(path.join(folder, "logs"), { recursive: true });
  await mkdir(etcdFolder(folder), { recursive: true, mode: 0o700 });
  await writeFile(egress, egressConfig(tunnelSocket(home)));
  for (const file of [kubeconfig, kubeconfigFile(folder)]) {
    await writeFile(file, kubeconfigText(folder, context, ports), { mode: 0o600 });
  }
  // Under the name by which a running one is known.
  const kwok = path.join(folder, "kwok-controller");
  await rm(kwok, { force: true });
  await symlink(toolOf(tools, "kwok").path, kwok);
  const parts = clusterParts({ ...programPaths(tools), kwok }, ports, { folder, egress });
  const ends: PodForward[] = [];
  for (const { namespace, port, standIn } of forwards) ends.push({ namespace, port, to: await portOf(home, standIn) });
  const logs = [{ container: BACKUP_CONTAINER, file: logFile(home, BACKUP_CONTAINER) }];
  await writeFile(`${partsFile(folder)}.new`, clusterConfig(parts, unpullable, ends, logs));
  await rename(`${partsFile(folder)}.new`, partsFile(folder));
}

/** Everything in the cluster is still there and so are its ports' numbers, which others may have taken. */
async function restart({ home, progress }: ClusterOptions): Promise<void> {
  progress.update("starting again what was stopped");
  // All of it: what lost its API server comes back to itself only after half a minute.
  await endParts(home);
  const problem = await startParts(home);
  if (problem === undefined) return;
  throw new UserError(
    `The rehearsal cluster in ${home} did not start again; end it (rehearse --down) and begin anew:\n${problem}`,
  );
}

/** Gives what went wrong, with the end of each part's log; none of them is left then. */
async function startParts(home: string): Promise<string | undefined> {
  // What an ended one has left would be taken for that of the new one.
  await rm(tunnelSocket(home), { force: true });
  startController(clusterIn(home));
  const parts = await partsIn(clusterFolder(home));
  const ended: string[] = [];
  const start = (part: Part) => {
    const child = startPart(part, partEnv(home));
    child.once("error", ({ message }) => ended.push(message));
    child.once("exit", () => ended.push(`${part.name} has ended.`));
  };
  const isFirst = ({ name }: Part) => FIRST.includes(name);
  parts.filter(isFirst).forEach(start);
  const problem = await answering(clusterIn(home), ended);
  // They would end where the API server takes longer than they wait, and until then take its time.
  if (problem === undefined) parts.filter((part) => !isFirst(part)).forEach(start);
  else await endParts(home);
  return problem;
}

/**
 * Starts again what has ended of the parts that need the API server: they give up where it does not answer within 10 s, as on a busy machine.
 * (kubernetes: cmd/kube-controller-manager/app/controllermanager.go, WaitForAPIServer)
 */
export async function startEnded(home: string): Promise<void> {
  const running = processesOf(home).map(programOf);
  const ended = (await partsIn(clusterFolder(home))).filter(
    ({ name }) => !FIRST.includes(name) && !running.includes(name),
  );
  for (const part of ended) startPart(part, partEnv(home)).once("error", () => undefined);
}

const partEnv = (home: string) => ({ ...SELDOM_COLLECTED, ...withoutKwokSettings(), ...markOf(home) });

/** Ends the parts of a cluster, and what depends on them; not the other processes of the home. */
async function endParts(home: string): Promise<void> {
  for (const { pid, words } of processesOf(home)) if (words.includes(CONTROLLER)) kill(pid);
  await endProcessesOf(path.join(home, "kwok"));
}

function programPaths(tools: readonly Tool[]): ClusterPrograms {
  return Object.fromEntries(CLUSTER_PROGRAMS.map((name) => [name, toolOf(tools, name).path])) as ClusterPrograms;
}

function toolOf(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`the cluster needs ${name}, which is not among the tools it was given`);
  return tool;
}

async function portsIn(home: string): Promise<Ports> {
  const ports: [string, number][] = [];
  for (const part of LISTENING) ports.push([part, await portOf(home, part)]);
  return Object.fromEntries(ports) as unknown as Ports;
}

/** Every setting of kwok has a variable, and the user's own kwok is none of ours. */
function withoutKwokSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KWOK_")));
}

async function served(cluster: Cluster): Promise<void> {
  const problem = await answering(cluster);
  if (problem !== undefined) throw new UserError(`The rehearsal's API server does not answer.\n${problem}`);
}

/**
 * @param ended filled with what has ended, in sentences: then there is nothing to wait for
 * @returns what went wrong, with the end of each part's log
 */
async function answering({ kubeconfig, home }: Cluster, ended: readonly string[] = []): Promise<string | undefined> {
  const answers = await untilAnswering(kubeconfig, { withinMs: SERVED_WITHIN_MS, isOver: () => ended.length > 0 });
  return answers ? undefined : [...ended, await logs(home)].join("\n");
}

/** Waits until the API server's way to pods and nodes is there. */
async function connected({ home }: Cluster): Promise<void> {
  await until(() => existsSync(tunnelSocket(home)), {
    isDone: (found) => found,
    everyMs: LOOK_AGAIN_MS,
    withinMs: SERVED_WITHIN_MS,
    late: async () => {
      const log = await readFile(path.join(home, CONTROLLER_LOG), "utf8").catch(() => "");
      return new UserError(`What connects the rehearsal's API server with pods does not start:\n${lastLines(log)}`);
    },
  });
}

function startController({ home, kubeconfig }: Cluster): void {
  const log = openSync(path.join(home, CONTROLLER_LOG), "a", 0o600);
  const controller = spawn(process.execPath, [RUN_TYPESCRIPT, CONTROLLER, kubeconfig], {
    cwd: home,
    detached: true,
    stdio: ["ignore", log, log],
  });
  controller.unref();
  closeSync(log);
}

/** The end of the log of each part, for an error message. */
async function logs(home: string): Promise<string> {
  const folder = path.join(clusterFolder(home), "logs");
  const files = await readdir(folder).catch(() => []);
  const parts = await Promise.all(
    files.map(async (file) => `${file}:\n${lastLines(await readFile(path.join(folder, file), "utf8"))}`),
  );
  return parts.join("\n");
}

function lastLines(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .slice(-LINES_OF_LOG)
    .map((line) => `  ${line}`)
    .join("\n");
}
