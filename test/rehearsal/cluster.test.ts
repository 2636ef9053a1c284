import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { KubeConfig, KubernetesObjectApi, CoreV1Api, type KubernetesObject } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { processesOf } from "../../automation/runs/belonging.ts";
import {
  clusterIn,
  CLUSTER_PROGRAMS,
  startCluster,
  startEnded,
  type Cluster,
} from "../../automation/rehearsal/cluster/cluster.ts";
import { cleanUpStale, createHome, listHomes, removeHome } from "../../automation/rehearsal/cluster/homes.ts";
import type { LabObject } from "../../automation/rehearsal/ground/object.ts";
import { seed } from "../../automation/rehearsal/cluster/seed.ts";
import { obtainTools, type Tool } from "../../automation/tools/obtain.ts";
import { exampleGround } from "./ground.ts";

// Read with the spelling of the API, whatever the kind.
interface Anything extends KubernetesObject {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

let tools: Tool[];
let cluster: Cluster;
let client: KubernetesObjectApi;
let core: CoreV1Api;
const folder = mkdtempSync(path.join(tmpdir(), "rehearsals-"));
const kubeFolderBefore = readdirSync(homedir()).includes(".kube") ? readdirSync(path.join(homedir(), ".kube")) : [];

async function start(name: string, kept = false): Promise<Cluster> {
  const home = await createHome(name, { kept });
  const started = await startCluster({
    home: home.folder,
    tools,
    progress: { update: () => undefined },
    unpullable: ["docker.io/withdrawn/"],
  });
  await seed(started, exampleGround());
  return started;
}

beforeAll(async () => {
  tools = await obtainTools([...CLUSTER_PROGRAMS], { progress: silentProgress });
  // Tools come from the user's cache; rehearsals of the test are no one else's.
  vi.stubEnv("VISION_PLATFORM_CACHE", folder);
  cluster = await start("first");
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  client = KubernetesObjectApi.makeApiClient(config);
  core = config.makeApiClient(CoreV1Api);
});

afterAll(async () => {
  for (const home of await listHomes()) await removeHome(home.folder);
  rmSync(folder, { recursive: true, force: true });
});

const meta = (name: string, annotations: Record<string, string> = {}) => ({ name, namespace: "default", annotations });

function service(
  name: string,
  annotations: Record<string, string> = {},
  port = 80,
  spec: Record<string, unknown> = {},
) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: meta(name, annotations),
    spec: { type: "LoadBalancer", ports: [{ port }], ...spec },
  };
}

function claim(name: string, size: string, storageClassName?: string, annotations: Record<string, string> = {}) {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: meta(name, annotations),
    spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: size } } },
  };
}

function pod(
  name: string,
  annotations: Record<string, string> = {},
  image = "docker.io/library/busybox:1",
  extra = {},
) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: meta(name, annotations),
    spec: { containers: [{ name: "main", image }], ...extra },
  };
}

async function create(object: LabObject): Promise<void> {
  await client.create(object);
}

async function read(kind: string, name: string, apiVersion = "v1"): Promise<Anything> {
  return await client.read<Anything>({ apiVersion, kind, metadata: { name, namespace: "default" } });
}

/** Polls until `found` gives something. */
async function eventually<T>(found: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  return await vi
    .waitUntil(
      async () => {
        const value = await found();
        return holds(value) ? { value } : false;
      },
      { timeout: 60_000, interval: 100 },
    )
    .then(({ value }) => value);
}

async function addresses(name: string): Promise<string[]> {
  const { status } = await core.readNamespacedService({ name, namespace: "default" });
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? "");
}

async function events(name: string): Promise<string[]> {
  const { items } = await core.listNamespacedEvent({
    namespace: "default",
    fieldSelector: `involvedObject.name=${name}`,
  });
  return items.map(({ type, reason, message }) => `${type ?? ""} ${reason ?? ""}: ${message ?? ""}`);
}

async function waitingReason(name: string): Promise<string | undefined> {
  const { status } = await core.readNamespacedPod({ name, namespace: "default" });
  return status?.containerStatuses?.[0]?.state?.waiting?.reason;
}

describe("pods", () => {
  it("become Ready, take the GPU, and complete as a Job", async () => {
    const limits = { limits: { "nvidia.com/gpu": "1" } };
    const spec = { runtimeClassName: "nvidia", containers: [{ name: "main", image: "x", resources: limits }] };
    await create(pod("gpu", {}, "x", spec));
    await create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: meta("once"),
      spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "x" }] } } },
    });
    const ready = await eventually(
      () => core.readNamespacedPod({ name: "gpu", namespace: "default" }),
      ({ status }) => (status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True"),
    );
    expect(ready.spec?.nodeName).toBe("gpu-node");
    await eventually(
      () => read("Job", "once", "batch/v1"),
      ({ status }) => status?.["succeeded"] === 1,
    );
  });

  it("are refused by the API server when their runtime class is missing", async () => {
    await expect(create(pod("odd", {}, "x", { runtimeClassName: "odd" }))).rejects.toMatchObject({ code: 403 });
  });

  it("fail on purpose, each in its own way, and are deleted all the same", async () => {
    await create(pod("unpullable", { "rehearsal.vision-platform/fail": "ImagePullBackOff" }));
    await create(pod("withdrawn", {}, "docker.io/withdrawn/redis:7"));
    await create(pod("crashing", { "rehearsal.vision-platform/fail": "CrashLoopBackOff" }));
    await eventually(
      () => waitingReason("unpullable"),
      (reason) => reason === "ImagePullBackOff",
    );
    await eventually(
      () => waitingReason("withdrawn"),
      (reason) => reason === "ImagePullBackOff",
    );
    await eventually(
      () => waitingReason("crashing"),
      (reason) => reason === "CrashLoopBackOff",
    );
    await eventually(
      () => events("withdrawn"),
      (said) => said.some((line) => line.startsWith("Warning Failed: Error: ImagePullBackOff")),
    );
    await eventually(
      () => events("crashing"),
      (said) => said.some((line) => line.startsWith("Warning BackOff")),
    );
    await core.deleteNamespacedPod({ name: "unpullable", namespace: "default" });
    await eventually(
      async () => (await core.listNamespacedPod({ namespace: "default" })).items,
      (pods) => pods.every(({ metadata }) => metadata?.name !== "unpullable"),
    );
  });

  it("make their Job fail when told to", async () => {
    await create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: meta("failing"),
      spec: {
        backoffLimit: 0,
        template: {
          metadata: { annotations: { "rehearsal.vision-platform/fail": "Error" } },
          spec: { restartPolicy: "Never", containers: [{ name: "main", image: "x" }] },
        },
      },
    });
    await eventually(
      () => read("Job", "failing", "batch/v1"),
      ({ status }) => status?.["failed"] === 1,
    );
  });
});

describe("claims", () => {
  it("bind through the default class, grow, refuse to shrink, and give their volume back", async () => {
    await create(claim("data", "1Gi"));
    const bound = await eventually(
      () => read("PersistentVolumeClaim", "data"),
      ({ status }) => status?.["phase"] === "Bound",
    );
    expect(bound.spec?.["storageClassName"]).toBe("longhorn");
    await client.patch(claim("data", "2Gi"));
    await eventually(
      () => read("PersistentVolumeClaim", "data"),
      ({ status }) => JSON.stringify(status?.["capacity"]) === '{"storage":"2Gi"}',
    );
    const volume = await core.readPersistentVolume({ name: String(bound.spec?.["volumeName"]) });
    expect(volume.spec?.capacity).toEqual({ storage: "2Gi" });
    await expect(client.patch(claim("data", "1Gi"))).rejects.toMatchObject({ code: 422 });
    await client.delete(claim("data", "2Gi"));
    await eventually(
      () => core.listPersistentVolume(),
      ({ items }) => items.length === 0,
    );
  });

  it("stay Pending, with an event, when their class is missing or they are told to", async () => {
    await create(claim("odd", "1Gi", "odd"));
    await create(claim("full", "1Gi", "longhorn", { "rehearsal.vision-platform/fail": "ProvisioningFailed" }));
    await eventually(
      () => events("odd"),
      (said) => said.some((line) => /^Warning ProvisioningFailed: .*"odd" not found/.test(line)),
    );
    await eventually(
      () => events("full"),
      (said) => said.some((line) => line.startsWith("Warning ProvisioningFailed: failed")),
    );
    expect((await read("PersistentVolumeClaim", "odd")).status?.["phase"]).toBe("Pending");
    expect((await read("PersistentVolumeClaim", "full")).status?.["phase"]).toBe("Pending");
  });
});

describe("addresses", () => {
  it("are those asked for by either annotation or by the spec, else free ones", async () => {
    await create(service("new", { "metallb.io/loadBalancerIPs": "192.0.2.10" }));
    await create(service("old", { "metallb.universe.tf/loadBalancerIPs": "192.0.2.11" }));
    await create(service("spec", {}, 80, { loadBalancerIP: "192.0.2.13" }));
    await create(service("any"));
    expect(
      await eventually(
        () => addresses("new"),
        (found) => found.length > 0,
      ),
    ).toEqual(["192.0.2.10"]);
    expect(
      await eventually(
        () => addresses("old"),
        (found) => found.length > 0,
      ),
    ).toEqual(["192.0.2.11"]);
    expect(
      await eventually(
        () => addresses("spec"),
        (found) => found.length > 0,
      ),
    ).toEqual(["192.0.2.13"]);
    const [any] = await eventually(
      () => addresses("any"),
      (found) => found.length > 0,
    );
    expect(any).toMatch(/^198\.51\.100\.\d+$/);
  });

  it("are refused as by MetalLB when taken or from outside the pool, and given once free", async () => {
    await create(service("holder", { "metallb.io/loadBalancerIPs": "192.0.2.20" }));
    await eventually(
      () => addresses("holder"),
      (found) => found.length > 0,
    );
    await create(service("second", { "metallb.io/loadBalancerIPs": "192.0.2.20" }));
    await create(service("outside", { "metallb.io/loadBalancerIPs": "10.1.2.3" }));
    await eventually(
      () => events("second"),
      (said) =>
        said.includes(
          `Warning AllocationFailed: Failed to allocate IP for "default/second": can't change sharing key for "default/second", address also in use by default/holder`,
        ),
    );
    await eventually(
      () => events("outside"),
      (said) =>
        said.includes(
          `Warning AllocationFailed: Failed to allocate IP for "default/outside": ["10.1.2.3"] is not allowed in config`,
        ),
    );
    expect(await addresses("second")).toEqual([]);
    await client.delete(service("holder"));
    expect(
      await eventually(
        () => addresses("second"),
        (found) => found.length > 0,
      ),
    ).toEqual(["192.0.2.20"]);
  });

  it("are withheld when told so, and follow a changed annotation", async () => {
    await create(service("none", { "rehearsal.vision-platform/no-address": "true" }));
    await create(service("moving", { "metallb.io/loadBalancerIPs": "192.0.2.30" }));
    await eventually(
      () => addresses("moving"),
      (found) => found.includes("192.0.2.30"),
    );
    await client.patch(service("moving", { "metallb.io/loadBalancerIPs": "192.0.2.31" }));
    await eventually(
      () => addresses("moving"),
      (found) => found.includes("192.0.2.31"),
    );
    expect(await addresses("none")).toEqual([]);
  });

  it("of Ingresses are that of Traefik's Service", async () => {
    const backend = { service: { name: "any", port: { number: 80 } } };
    const spec = { defaultBackend: backend };
    await create({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: meta("web"),
      spec,
    });
    const traefik = await core.readNamespacedService({ name: "traefik", namespace: "kube-system" });
    const expected = JSON.stringify(traefik.status?.loadBalancer?.ingress?.map(({ ip }) => ({ ip })));
    await eventually(
      () => read("Ingress", "web", "networking.k8s.io/v1"),
      ({ status }) =>
        JSON.stringify((status?.["loadBalancer"] as { ingress?: unknown } | undefined)?.ingress) === expected,
    );
  });
});

/** Addresses that the processes listen on, as the system tells. */
function listening(pids: readonly number[]): string[] {
  const lines = execFileSync("ss", ["-Hltnp"], { encoding: "utf8" }).split("\n");
  return lines
    .filter((line) => pids.some((pid) => line.includes(`pid=${pid},`)))
    .map((line) => line.trim().split(/\s+/)[3] ?? "");
}

describe("a rehearsal's processes and files", () => {
  it.runIf(process.platform === "linux")("listen on loopback only", () => {
    const open = listening(processesOf(cluster.home).map(({ pid }) => pid));
    expect(open.length).toBeGreaterThanOrEqual(6);
    for (const address of open) expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it("leave the user's own kubectl and kwok settings alone", () => {
    const now = readdirSync(homedir()).includes(".kube") ? readdirSync(path.join(homedir(), ".kube")) : [];
    expect(now).toEqual(kubeFolderBefore);
    expect(existsSync(path.join(homedir(), ".kwok"))).toBe(false);
  });

  it("stand beside another rehearsal's, which ends without a trace", async () => {
    const other = await start("other");
    const config = new KubeConfig();
    config.loadFromFile(other.kubeconfig);
    const services = await config.makeApiClient(CoreV1Api).listNamespacedService({ namespace: "default" });
    expect(services.items.map(({ metadata }) => metadata?.name)).toEqual(["kubernetes"]);
    const pids = processesOf(other.home).map(({ pid }) => pid);
    expect(pids.length).toBe(6);
    await removeHome(other.home);
    expect(processesOf(other.home)).toEqual([]);
    expect(existsSync(other.home)).toBe(false);
    expect((await core.listNode()).items).toHaveLength(1);
  });

  it("are taken up again when one of them ended", async () => {
    const victim = processesOf(cluster.home).find(({ words }) => words[0]?.endsWith("/kube-scheduler"));
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await eventually(
      () => Promise.resolve(processesOf(cluster.home)),
      (left) => left.every(({ pid }) => pid !== victim?.pid),
    );
    await startCluster({ home: cluster.home, tools, progress: { update: () => undefined } });
    await create(pod("later"));
    await eventually(
      () => core.readNamespacedPod({ name: "later", namespace: "default" }),
      ({ status }) => status?.phase === "Running",
    );
  });

  it("that need the API server are started again while the lab is put in place", async () => {
    const pidOf = (name: string) => processesOf(cluster.home).find(({ words }) => words[0]?.endsWith(`/${name}`))?.pid;
    const victim = pidOf("kube-controller-manager") ?? 0;
    process.kill(victim, "SIGKILL");
    await eventually(
      () => Promise.resolve(pidOf("kube-controller-manager")),
      (pid) => pid !== victim,
    );
    const others = ["kube-apiserver", "etcd", "kube-scheduler"].map(pidOf);
    await startEnded(cluster.home);
    expect(pidOf("kube-controller-manager")).toEqual(expect.any(Number));
    expect(["kube-apiserver", "etcd", "kube-scheduler"].map(pidOf)).toEqual(others);
  });

  it("are cleaned up after a killed run, unless kept", async () => {
    const killed = await killedRun("killed", false);
    const kept = await killedRun("kept", true);
    expect(processesOf(killed).length).toBeGreaterThan(0);
    expect(await cleanUpStale()).toEqual(["killed"]);
    expect(processesOf(killed)).toEqual([]);
    expect(existsSync(killed)).toBe(false);
    const [home] = (await listHomes()).filter(({ name }) => name === "kept");
    if (!home) throw new Error("the kept rehearsal is not listed");
    expect(processesOf(kept).length).toBeGreaterThan(0);
    await removeHome(home.folder);
    expect(processesOf(kept)).toEqual([]);
    expect(existsSync(kept)).toBe(false);
    expect((await listHomes()).map(({ name }) => name)).toEqual(["first"]);
  });

  it("have a name of their own", async () => {
    await expect(createHome("first", { kept: false })).rejects.toThrow(/rehearsal named first .*rehearse --down/);
  });
});

/** A rehearsal whose process was killed as soon as its API server had begun. */
async function killedRun(name: string, kept: boolean): Promise<string> {
  const script = `
    const [name, kept, tools] = JSON.parse(process.argv[1]);
    const { createHome } = await import(${JSON.stringify(import.meta.resolve("../../automation/rehearsal/cluster/homes.ts"))});
    const { startCluster } = await import(${JSON.stringify(import.meta.resolve("../../automation/rehearsal/cluster/cluster.ts"))});
    const home = await createHome(name, { kept });
    await startCluster({ home: home.folder, tools, progress: { update: () => undefined } });
    setInterval(() => undefined, 1000);`;
  const home = path.join(folder, "rehearsals", name);
  const run = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", script, JSON.stringify([name, kept, tools])],
    { stdio: ["ignore", "ignore", "inherit"], env: process.env },
  );
  const until = kept ? "kube-scheduler" : "kube-apiserver";
  await eventually(
    () => Promise.resolve(processesOf(home)),
    (found) => found.some(({ words }) => words[0]?.endsWith(`/${until}`)),
  );
  const ended = new Promise((resolve) => run.once("exit", resolve));
  run.kill("SIGKILL");
  await ended;
  expect(clusterIn(home).home).toBe(home);
  return home;
}

describe("a pod of backups", () => {
  it("is run as a process from its own spec, and what it says is its log", async () => {
    const spec = {
      restartPolicy: "Never",
      containers: [{ name: "backup", image: "cvat/server:v1", command: ["python3", "-c", "print('said')"] }],
    };
    const metadata = { ...meta("a-backup"), labels: { "vision-platform/backup": "projects" } };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec };
    await client.create(pod);
    const at = { name: "a-backup", namespace: "default" };
    await vi.waitFor(async () => expect((await core.readNamespacedPod(at)).status?.phase).toBe("Succeeded"), {
      timeout: 60_000,
      interval: 200,
    });
    expect(await core.readNamespacedPodLog(at)).toBe("said\n");
  });
});
