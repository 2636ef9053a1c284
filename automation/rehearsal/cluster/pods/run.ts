import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import {
  AuthenticationV1TokenRequest,
  CoreV1Api,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type KubeConfig,
  V1TokenRequestSpec,
  type V1Pod,
} from "@kubernetes/client-node";
import { BACKUP_LABEL } from "../../../../components/backup/names.ts";
import { COPY_JOB } from "../../../../components/cvat/certificate/copy-pod.ts";
import { WORK_LABEL } from "../../../data/in-cluster/job.ts";
import { markOf } from "../../../runs/belonging.ts";
import { readAddresses, type Address } from "../routes.ts";
import { ContainerLog, logFile } from "./log-file.ts";
import { podProcesses, type ContainerProcess } from "./process.ts";

const MERGE_PATCH = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const AFTER_AN_ERROR_MS = 500;
/** What a pod has to end by itself. (kubernetes.io: terminationGracePeriodSeconds) */
const GRACE_MS = 30_000;
/** What a kubelet keeps of a log as the message of a container that failed. (kubernetes: pkg/kubelet/kuberuntime, fallbackToLogs) */
const LOG_BYTES = 2048;

/** What is run: work on data, what copies a certificate, and backups. (stages.yaml leaves their ends to this) */
const RUN = [WORK_LABEL, `app=${COPY_JOB}`, BACKUP_LABEL];

/** Of these a rehearsal has no programs. */
const NOT_PLAYED = ["mongodb"];

/** Loaded into each Python: what is for the lab's network goes to this machine. (network/sitecustomize.py) */
const PYTHON_NETWORK = path.join(import.meta.dirname, "network");

/** One pod's processes. */
interface Running {
  children: ChildProcess[];
  isOver?: boolean;
}

/** What pods are run with. */
interface Place {
  home: string;
  core: CoreV1Api;
  /** The API server. */
  server: URL;
}

/** Runs pods that are programs of ours as processes of this machine, each from its own spec, as soon as kwok has them running. */
export function runPods(home: string, kubeconfig: KubeConfig): void {
  const core = kubeconfig.makeApiClient(CoreV1Api);
  const server = new URL(kubeconfig.getCurrentCluster()?.server ?? "");
  const running = new Map<string, Running>();
  const look = (pod: V1Pod) => {
    const uid = pod.metadata?.uid ?? "";
    if (pod.metadata?.deletionTimestamp !== undefined) end(uid);
    else if (pod.status?.phase === "Running" && !running.has(uid)) {
      const own: Running = { children: [] };
      running.set(uid, own);
      void run({ home, core, server }, pod, own);
    }
  };
  const end = (uid: string) => {
    const own = running.get(uid);
    // A pod that ends is told of again and again, and a kubelet tells its containers once.
    if (own === undefined || own.isOver) return;
    own.isOver = true;
    own.children.forEach(terminate);
    setTimeout(() => own.children.forEach(killAll), GRACE_MS).unref();
  };
  for (const labelSelector of RUN) {
    const list = () => core.listPodForAllNamespaces({ labelSelector });
    const informer = makeInformer(kubeconfig, "/api/v1/pods", list, labelSelector);
    const start = () => void informer.start().catch(again);
    const again = () => setTimeout(start, AFTER_AN_ERROR_MS);
    informer.on("add", look);
    informer.on("update", look);
    informer.on("delete", ({ metadata }) => {
      end(metadata?.uid ?? "");
    });
    informer.on("error", again);
    start();
  }
}

async function run(place: Place, pod: V1Pod, own: Running): Promise<void> {
  const { home, core } = place;
  const name = pod.metadata?.name ?? "";
  const namespace = pod.metadata?.namespace ?? "";
  const folder = path.join(home, "pods", pod.metadata?.uid ?? "");
  const startedAt = new Date().toISOString();
  const ended = await inFolder(place, pod, { folder, own }).catch((error: unknown) =>
    (pod.spec?.containers ?? []).map((container) => ({ name: container.name, exitCode: 128, log: String(error) })),
  );
  await rm(folder, { recursive: true, force: true });
  if (own.isOver) return;
  const body = { status: statusOf(pod, ended, startedAt) };
  // It may be gone by now.
  await core.patchNamespacedPodStatus({ name, namespace, body }, MERGE_PATCH).catch((error: unknown) => {
    console.error(String(error));
  });
}

/** How a container ended. */
interface Ended {
  name: string;
  exitCode: number;
  log: string;
}

async function inFolder(
  { home, core, server }: Place,
  pod: V1Pod,
  { folder, own }: { folder: string; own: Running },
): Promise<Ended[]> {
  const namespace = pod.metadata?.namespace ?? "";
  for (const { name } of pod.spec?.containers ?? []) new ContainerLog(logFile(home, name));
  const label = pod.metadata?.labels?.[BACKUP_LABEL] ?? "";
  if (NOT_PLAYED.includes(label)) throw new Error(`a rehearsal has nothing that ${label} is backed up with`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const containers = await podProcesses(pod, folder, {
    configMap: (name) => core.readNamespacedConfigMap({ namespace, name }),
    secret: (name) => core.readNamespacedSecret({ namespace, name }),
    token: async (name) => {
      const body = new AuthenticationV1TokenRequest();
      body.spec = Object.assign(new V1TokenRequestSpec(), { audiences: [] });
      return (await core.createNamespacedServiceAccountToken({ namespace, name, body })).status?.token ?? "";
    },
    claim: (name) => path.join(home, "claims", namespace, name),
  });
  const env = {
    // The folder of Node comes last: it may be that of the system's Python as well, which whoever began the rehearsal has another in the place of.
    PATH: `${process.env["PATH"] ?? ""}:${path.dirname(process.execPath)}`,
    NODE_OPTIONS: `--import=${path.join(import.meta.dirname, "network.mjs")}`,
    PYTHONPATH: PYTHON_NETWORK,
    // As a kubelet tells each pod.
    KUBERNETES_SERVICE_HOST: server.hostname,
    KUBERNETES_SERVICE_PORT: server.port,
    ...markOf(home),
  };
  const addresses = await readAddresses(home);
  return Promise.all(
    containers.map((one) =>
      ended(one, { env: { ...env, ...one.env, ...network(one, addresses) }, cwd: folder, home, own }),
    ),
  );
}

/** Where a container finds what it is told of the lab's network. */
function network({ env: { PGHOST, PGPORT } }: ContainerProcess, addresses: readonly Address[]): Record<string, string> {
  const database = addresses.find(({ host, port }) => host === PGHOST && String(port) === PGPORT);
  if (database === undefined) return { REHEARSAL_ADDRESSES: JSON.stringify(addresses) };
  // What libpq is, asks neither Node nor Python. Its own variables say where a connection goes. (postgresql.org: libpq, PGHOSTADDR)
  const { host, to } = database;
  return {
    REHEARSAL_ADDRESSES: JSON.stringify([...addresses, { host, port: to, to }]),
    PGHOSTADDR: "127.0.0.1",
    PGPORT: String(to),
  };
}

/** As a kubelet does it: told to the first process alone. A shell that is it hears nothing of it. (pid_namespaces(7)) */
function terminate(child: ChildProcess): void {
  if (path.basename(child.spawnfile) !== "sh") child.kill("SIGTERM");
}

/** A container ends with all that it began. */
function killAll({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

/** Runs a container to its end. */
function ended(
  { name, words: [program = "", ...rest] }: ContainerProcess,
  { env, cwd, home, own }: { env: Record<string, string>; cwd: string; home: string; own: Running },
): Promise<Ended> {
  const child = spawn(program === "node" ? process.execPath : program, rest, {
    ...{ cwd, env },
    stdio: ["ignore", "pipe", "pipe"],
    // With what it starts itself it is one group, and ends as one.
    detached: true,
  });
  own.children.push(child);
  if (own.isOver) terminate(child);
  let log = "";
  const shown = new ContainerLog(logFile(home, name));
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].on("data", (piece: Buffer) => {
      log = (log + piece.toString()).slice(-LOG_BYTES);
      shown.take(stream, piece.toString());
    });
  return new Promise((resolve, reject) => {
    // As of every other pod here: it has done what it is for.
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve({ name, exitCode: 0, log: `${program} is not on this machine` });
      else reject(error);
    });
    child.once("close", (code) => {
      resolve({ name, exitCode: code ?? 137, log });
    });
  });
}

function statusOf({ spec }: V1Pod, ends: readonly Ended[], startedAt: string) {
  const finishedAt = new Date().toISOString();
  const hasFailed = ends.some(({ exitCode }) => exitCode !== 0);
  return {
    phase: hasFailed ? "Failed" : "Succeeded",
    containerStatuses: ends.map(({ name, exitCode, log }) => ({
      ...{ name, image: spec?.containers.find((one) => one.name === name)?.image, imageID: "" },
      ...{ ready: false, started: false, restartCount: 0 },
      state: {
        terminated: {
          ...{ exitCode, startedAt, finishedAt },
          reason: exitCode === 0 ? "Completed" : "Error",
          ...(exitCode !== 0 && { message: log }),
        },
      },
    })),
  };
}
