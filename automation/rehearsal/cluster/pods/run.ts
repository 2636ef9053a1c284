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
import { VOLUMES } from "../../../../components/backup/volumes/volume.ts";
import { COPY_JOB } from "../../../../components/cvat/certificate/copy-pod.ts";
import { WORK_LABEL } from "../../../data/in-cluster/job.ts";
import { markOf } from "../../../runs/belonging.ts";
import { readAddresses } from "../routes.ts";
import { ContainerLog, logFile } from "./log-file.ts";
import { podProcess } from "./process.ts";

const MERGE_PATCH = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const AFTER_AN_ERROR_MS = 500;
/** What a kubelet keeps of a log as the message of a container that failed. (kubernetes: pkg/kubelet/kuberuntime, fallbackToLogs) */
const LOG_BYTES = 2048;

/** What is run: work on data, what copies a certificate, and backups of projects and volumes. (stages.yaml leaves their ends to this) */
const RUN = [WORK_LABEL, `app=${COPY_JOB}`, `${BACKUP_LABEL} in (projects, ${VOLUMES.join(", ")})`];

/** Loaded into each Python: what is for the lab's network goes to this machine. (network/sitecustomize.py) */
const PYTHON_NETWORK = path.join(import.meta.dirname, "network");

/** One pod's process. */
interface Running {
  child?: ChildProcess;
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
      const own: Running = {};
      running.set(uid, own);
      void run({ home, core, server }, pod, own);
    }
  };
  const end = (uid: string) => {
    const own = running.get(uid);
    if (own === undefined) return;
    own.isOver = true;
    own.child?.kill("SIGKILL");
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
  const ended = await inFolder(place, pod, { folder, own }).catch((error: unknown) => ({
    exitCode: 128,
    log: String(error),
  }));
  await rm(folder, { recursive: true, force: true });
  if (own.isOver) return;
  const body = { status: statusOf(pod, ended, startedAt) };
  // It may be gone by now.
  await core.patchNamespacedPodStatus({ name, namespace, body }, MERGE_PATCH).catch((error: unknown) => {
    console.error(String(error));
  });
}

interface Ended {
  exitCode: number;
  log: string;
}

async function inFolder(
  { home, core, server }: Place,
  pod: V1Pod,
  { folder, own }: { folder: string; own: Running },
): Promise<Ended> {
  const namespace = pod.metadata?.namespace ?? "";
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { words, env } = await podProcess(pod, folder, {
    configMap: (name) => core.readNamespacedConfigMap({ namespace, name }),
    secret: (name) => core.readNamespacedSecret({ namespace, name }),
    token: async (name) => {
      const body = new AuthenticationV1TokenRequest();
      body.spec = Object.assign(new V1TokenRequestSpec(), { audiences: [] });
      return (await core.createNamespacedServiceAccountToken({ namespace, name, body })).status?.token ?? "";
    },
    claim: (name) => path.join(home, "claims", namespace, name),
  });
  const [program = "", ...rest] = words;
  const addresses = JSON.stringify(await readAddresses(home));
  const child = spawn(program, rest, {
    cwd: folder,
    env: {
      PATH: `${process.env["PATH"] ?? ""}:${path.dirname(process.execPath)}`,
      NODE_OPTIONS: `--import=${path.join(import.meta.dirname, "network.mjs")}`,
      PYTHONPATH: PYTHON_NETWORK,
      REHEARSAL_ADDRESSES: addresses,
      // As a kubelet tells each pod.
      KUBERNETES_SERVICE_HOST: server.hostname,
      KUBERNETES_SERVICE_PORT: server.port,
      ...markOf(home),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  own.child = child;
  if (own.isOver) child.kill("SIGKILL");
  let log = "";
  const shown = new ContainerLog(logFile(home, pod.spec?.containers[0]?.name ?? ""));
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].on("data", (piece: Buffer) => {
      log = (log + piece.toString()).slice(-LOG_BYTES);
      shown.take(stream, piece.toString());
    });
  return new Promise((resolve, reject) => {
    // As of every other pod here: it has done what it is for.
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve({ exitCode: 0, log: `${program} is not on this machine` });
      else reject(error);
    });
    child.once("close", (code) => {
      resolve({ exitCode: code ?? 137, log });
    });
  });
}

function statusOf({ spec }: V1Pod, { exitCode, log }: Ended, startedAt: string) {
  const finishedAt = new Date().toISOString();
  const hasFailed = exitCode !== 0;
  const terminated = {
    ...{ exitCode, startedAt, finishedAt },
    reason: hasFailed ? "Error" : "Completed",
    ...(hasFailed && { message: log }),
  };
  const [container] = spec?.containers ?? [];
  return {
    phase: hasFailed ? "Failed" : "Succeeded",
    containerStatuses: [
      {
        ...{ name: container?.name, image: container?.image, imageID: "" },
        ...{ ready: false, started: false, restartCount: 0 },
        state: { terminated },
      },
    ],
  };
}
