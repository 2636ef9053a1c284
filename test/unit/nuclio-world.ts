import { isDeepStrictEqual } from "node:util";
import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import { Controller } from "../../automation/rehearsal/services/nuclio/controller.ts";
import { dashboardApi } from "../../automation/rehearsal/services/nuclio/dashboard.ts";
import type { Kind, Objects, Stored } from "../../automation/rehearsal/services/nuclio/kube.ts";
import { dashboard } from "../../components/nuclio/client/dashboard.ts";
import type { FunctionObjects } from "../../components/nuclio/client/function-objects.ts";
import { objectOf, PROJECT } from "../../components/nuclio/names.ts";
import type { Nuclio } from "../../components/nuclio/sides.ts";
import { obstacles } from "../../components/readiness/explain.ts";

const NAMESPACE = "cvat";
const FUNCTION = "nuclio.io/function-name";

/** What becomes of a pod by its image: seconds until it answers, or what it waits for in vain. */
export type Fate = { readyAfterS: number } | { waitsFor: string } | { unschedulable: string };

/** Nuclio's stand-in over objects in memory, with a kubelet that knows what becomes of each image. Time is the test's. */
export interface World {
  nuclio: Nuclio;
  objects: Objects;
  /** What becomes of an image's pods. Default: they answer after a second. */
  fates: Map<string, Fate>;
  /** How often a pod of a function was started: its model is loaded each time. */
  starts(name: string): number;
  /** Has the dashboard's pod start anew. */
  restartDashboard(): void;
}

interface Pod extends Stored {
  bornAt: number;
  image: string;
  /** What was so of its image when it was started: the node tries again later and later. */
  fate: Fate;
}

/** @param platform Nuclio's platform configuration */
export async function startWorld(platform: object): Promise<World> {
  const stored = new Map<string, Stored>();
  const pods = new Map<string, Pod>();
  const fates = new Map<string, Fate>();
  const starts = new Map<string, number>();
  let version = 0;
  let dashboardSince = Date.now() - 60_000;
  const key = (kind: string, name: string) => `${kind}/${name}`;

  /** What the Deployment controller and the kubelet do at once. */
  const follow = (deployment: Stored) => {
    const { replicas, template } = deployment["spec"] as { replicas: number; template: Template };
    const name = template.metadata.labels[FUNCTION] ?? "";
    const old = pods.get(name);
    const same = old && isDeepStrictEqual(old["template"], template);
    if (replicas === 0 || !same) pods.delete(name);
    if (replicas === 0 || same) return;
    starts.set(name, (starts.get(name) ?? 0) + 1);
    const image = template.spec.containers[0]?.image ?? "";
    const fate = fates.get(image) ?? { readyAfterS: 1 };
    pods.set(name, { ...podOf(name, ++version), bornAt: Date.now(), image, fate, template });
  };
  const keep = (kind: Kind, object: object, before?: Stored): Stored => {
    const now = structuredClone(object) as Stored;
    const { metadata } = now;
    const changed = before === undefined || !isDeepStrictEqual(before["spec"], now["spec"]);
    const kept: Stored = {
      ...now,
      kind,
      metadata: {
        ...metadata,
        namespace: NAMESPACE,
        resourceVersion: String(++version),
        generation: (before?.metadata.generation ?? 0) + (changed ? 1 : 0),
        managedFields: [{ manager: "nuclio", time: new Date().toISOString() }],
      } as Stored["metadata"],
    };
    delete kept["status"];
    if (kind === "NuclioFunction") kept["status"] = now["status"];
    stored.set(key(kind, metadata.name), kept);
    if (kind === "Deployment" && metadata.name.startsWith("nuclio-")) follow(kept);
    return structuredClone(kept);
  };
  const shown = (object: Stored | undefined): Stored | undefined => {
    if (object?.kind !== "Deployment") return structuredClone(object);
    return { ...structuredClone(object), status: statusOf(object, [...pods.values()]) };
  };
  const livePods = () => [...pods.values()].map((pod) => ({ ...pod, ...kubelet(pod) }));
  const dashboardPod = () => ({
    ...podOf("dashboard", 0),
    metadata: { name: "dashboard", namespace: NAMESPACE, labels: { "nuclio.io/app": "dashboard" } },
    status: { containerStatuses: [{ state: { running: { startedAt: new Date(dashboardSince).toISOString() } } }] },
  });

  const objects: Objects = {
    name: NAMESPACE,
    list: <T extends Stored>(kind: Kind) => {
      if (kind === "Pod") return Promise.resolve([...livePods(), dashboardPod()] as unknown as T[]);
      const all = [...stored.values()].filter((one) => one.kind === kind);
      return Promise.resolve(all.map((one) => shown(one) as T));
    },
    get: <T extends Stored>(kind: Kind, name: string) =>
      Promise.resolve(shown(stored.get(key(kind, name))) as T | undefined),
    create: <T extends Stored>(kind: Kind, object: object) => Promise.resolve(keep(kind, object) as T),
    replace: <T extends Stored>(kind: Kind, object: Stored) => {
      const before = stored.get(key(kind, object.metadata.name));
      if (!before) return Promise.reject(new Error(`${kind} ${object.metadata.name} is gone`));
      return Promise.resolve(keep(kind, object, before) as T);
    },
    remove: (kind, name) => {
      const gone = stored.get(key(kind, name));
      stored.delete(key(kind, name));
      if (gone && kind === "Deployment") pods.delete(name.replace("nuclio-", ""));
      return Promise.resolve();
    },
  };
  keep("Deployment", { metadata: { name: "cvat-nuclio-controller" }, spec: { replicas: 1 } });
  keep("ConfigMap", {
    metadata: { name: "cvat-nuclio-platform-config" },
    data: { "platform.yaml": JSON.stringify(platform) },
  });
  keep("NuclioProject", { metadata: { name: PROJECT }, spec: {} });
  const controller = new Controller(objects, { release: "cvat-nuclio" });
  void controller.run();
  const api = dashboardApi({
    namespace: objects,
    release: () =>
      Promise.resolve({ version: "1.14.1", builder: "kaniko", registrySecret: "", registry: "registry:5000" }),
    invoker: { invoke: () => Promise.resolve({ status: 200 }) },
    onChange: () => {
      controller.wake();
    },
  });
  const client = dashboard(
    async ({ method, path, headers = {}, body }) => {
      const answer = await api({ method, path, headers, text: JSON.stringify(body ?? null) });
      return {
        status: answer.status,
        text: typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? ""),
      };
    },
    { namespace: NAMESPACE },
  );
  const get = async (kind: Kind, name: string) => objects.get(kind, name);
  const functionObjects: FunctionObjects = {
    deployment: async (name) => (await get("Deployment", objectOf(name))) as unknown as V1Deployment | undefined,
    async deployments() {
      const all = await objects.list("Deployment");
      return Object.fromEntries(all.map((one) => [one.metadata.name.replace("nuclio-", ""), one])) as unknown as Record<
        string,
        V1Deployment
      >;
    },
    services: async () =>
      new Set((await objects.list("Service")).map(({ metadata }) => metadata.name.replace("nuclio-", ""))),
    pods: (name) =>
      Promise.resolve(livePods().filter(({ metadata }) => metadata.labels?.[FUNCTION] === name) as unknown as V1Pod[]),
    obstacles: (name) =>
      Promise.resolve(
        obstacles(
          [{ kind: "Deployment", name: objectOf(name), stage: "workers" }],
          livePods() as unknown as V1Pod[],
          [],
        ),
      ),
    unready: () => Promise.resolve([]),
    async changes() {
      const all = await objects.list("NuclioFunction");
      return Object.fromEntries(
        all.map(({ metadata }) => {
          const { managedFields } = metadata as unknown as { managedFields: { time: string }[] };
          return [metadata.name, Date.parse(managedFields[0]?.time ?? "")];
        }),
      );
    },
    dashboardSince: () => Promise.resolve(dashboardSince),
    async scale(name, replicas) {
      const there = await get("Deployment", objectOf(name));
      if (there) await objects.replace("Deployment", { ...there, spec: { ...(there["spec"] as object), replicas } });
    },
    removePods(names) {
      for (const [name, pod] of pods)
        if (names.includes(pod.metadata.name)) {
          pods.delete(name);
          const deployment = stored.get(key("Deployment", objectOf(name)));
          if (deployment) follow(deployment);
        }
      return Promise.resolve();
    },
    async removeObjects(name) {
      for (const kind of ["Service", "Deployment", "ConfigMap"] as const) await objects.remove(kind, objectOf(name));
    },
  };
  return {
    nuclio: { dashboard: client, objects: functionObjects },
    objects,
    fates,
    starts: (name) => starts.get(name) ?? 0,
    restartDashboard: () => {
      dashboardSince = Date.now();
    },
  };
}

interface Template {
  metadata: { labels: Record<string, string> };
  spec: { containers: { image: string }[] };
}

function podOf(name: string, number: number): Stored {
  const suffix = `bcd-${String(number).padStart(5, "2").replaceAll(/[013]/g, "2")}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `nuclio-${name}-${suffix}`,
      namespace: NAMESPACE,
      labels: { [FUNCTION]: name },
      creationTimestamp: new Date().toISOString(),
    },
  };
}

/** What the node and the scheduler say of a pod now. */
function kubelet({ bornAt, image, fate }: Pod): { status: object } {
  if ("unschedulable" in fate)
    return {
      status: {
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: fate.unschedulable }],
      },
    };
  if ("waitsFor" in fate)
    return {
      status: { containerStatuses: [{ image, state: { waiting: { reason: fate.waitsFor, message: image } } }] },
    };
  const ready = Date.now() >= bornAt + fate.readyAfterS * 1000;
  return { status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] } };
}

/** What the Deployment controller notes. */
function statusOf({ metadata, spec }: Stored, pods: readonly Pod[]): object {
  const { replicas } = spec as { replicas: number };
  const own = pods.filter((pod) => metadata.name === `nuclio-${pod.metadata.labels?.[FUNCTION] ?? ""}`);
  const isReady = (pod: Pod) => JSON.stringify(kubelet(pod)).includes('{"type":"Ready","status":"True"}');
  const available = metadata.name.startsWith("nuclio-") ? own.filter(isReady).length : replicas;
  return {
    observedGeneration: metadata.generation,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: available,
    unavailableReplicas: replicas - available,
    conditions: [{ type: "Available", status: available >= replicas ? "True" : "False" }],
  };
}
