import { isDeepStrictEqual } from "node:util";
import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import { Controller } from "../../automation/rehearsal/services/nuclio/controller.ts";
import type { Kind, Objects, Stored } from "../../automation/rehearsal/services/nuclio/kube.ts";
import { dashboard } from "../../components/nuclio/client/dashboard.ts";
import type { FunctionObjects } from "../../components/nuclio/client/function-objects.ts";
import { objectOf, PROJECT } from "../../components/nuclio/names.ts";
import type { Nuclio } from "../../components/nuclio/sides.ts";
import { obstacles } from "../../components/readiness/explain.ts";
import { dashboardInMemory, memory } from "./nuclio-stand-in.ts";

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
export function startWorld(platform: object): World {
  const { of, ...kept } = memory(NAMESPACE);
  const pods = new Map<string, Pod>();
  const fates = new Map<string, Fate>();
  const starts = new Map<string, number>();
  let dashboardSince = Date.now() - 60_000;

  /** What the Deployment controller and the kubelet do at once. */
  const follow = (deployment: Stored) => {
    const { replicas, template } = deployment["spec"] as { replicas: number; template: Template };
    const name = template.metadata.labels[FUNCTION] ?? "";
    const old = pods.get(name);
    const same = old && isDeepStrictEqual(old["template"], template);
    if (replicas === 0 || !same) pods.delete(name);
    if (replicas === 0 || same) return;
    const count = (starts.get(name) ?? 0) + 1;
    starts.set(name, count);
    const image = template.spec.containers[0]?.image ?? "";
    const fate = fates.get(image) ?? { readyAfterS: 1 };
    pods.set(name, { ...podOf(name, count), bornAt: Date.now(), image, fate, template });
  };
  const write = async <T extends Stored>(kind: Kind, object: object): Promise<T> => {
    const { metadata, ...rest } = object as Stored;
    const before = of(kind).get(metadata.name);
    const changed = before === undefined || !isDeepStrictEqual(before["spec"], rest["spec"]);
    const generation = (before?.metadata.generation ?? 0) + (changed ? 1 : 0);
    const managedFields = [{ manager: "nuclio", time: new Date().toISOString() }];
    const made = await kept.create<T>(kind, { ...rest, metadata: { ...metadata, generation, managedFields } });
    if (kind === "Deployment" && made.metadata.name.startsWith("nuclio-")) follow(made);
    return made;
  };
  const livePods = () => [...pods.values()].map((pod) => ({ ...pod, ...kubelet(pod) }));
  const dashboardPod = () => ({
    metadata: { name: "dashboard", namespace: NAMESPACE, labels: { "nuclio.io/app": "dashboard" } },
    status: { containerStatuses: [{ state: { running: { startedAt: new Date(dashboardSince).toISOString() } } }] },
  });
  const shown = <T extends Stored>(object: T): T =>
    object.kind === "Deployment" ? { ...object, status: statusOf(object, [...pods.values()]) } : object;

  const objects: Objects = {
    ...kept,
    create: write,
    list: async <T extends Stored>(kind: Kind) =>
      kind === "Pod" ? ([...livePods(), dashboardPod()] as unknown as T[]) : (await kept.list<T>(kind)).map(shown),
    get: async <T extends Stored>(kind: Kind, name: string) => {
      const found = await kept.get<T>(kind, name);
      return found && shown(found);
    },
    replace: <T extends Stored>(kind: Kind, object: Stored) =>
      of(kind).has(object.metadata.name)
        ? write<T>(kind, object)
        : Promise.reject(new Error(`${kind} ${object.metadata.name} is gone`)),
    async remove(kind, name) {
      await kept.remove(kind, name);
      if (kind === "Deployment") pods.delete(name.replace("nuclio-", ""));
    },
  };
  for (const [kind, object] of [
    ["Deployment", { metadata: { name: "cvat-nuclio-controller" }, spec: { replicas: 1 } }],
    [
      "ConfigMap",
      { metadata: { name: "cvat-nuclio-platform-config" }, data: { "platform.yaml": JSON.stringify(platform) } },
    ],
    ["NuclioProject", { metadata: { name: PROJECT }, spec: {} }],
  ] as const)
    void objects.create(kind, object);
  const controller = new Controller(objects, { release: "cvat-nuclio" });
  void controller.run();
  const { send } = dashboardInMemory({
    namespace: objects,
    onChange: () => {
      controller.wake();
    },
  });
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
      for (const [name, pod] of [...pods])
        if (names.includes(pod.metadata.name)) {
          pods.delete(name);
          const deployment = of("Deployment").get(objectOf(name));
          if (deployment) follow(deployment);
        }
      return Promise.resolve();
    },
    async removeObjects(name) {
      for (const kind of ["Service", "Deployment", "ConfigMap"] as const) await objects.remove(kind, objectOf(name));
    },
  };
  return {
    nuclio: { dashboard: dashboard(send, { namespace: NAMESPACE }), objects: functionObjects },
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
  const suffix = `bcd-${number.toString(2).padStart(5, "0").replaceAll("0", "x").replaceAll("1", "z")}`;
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
