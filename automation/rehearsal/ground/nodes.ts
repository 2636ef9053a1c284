import type { Plan } from "../../../components/lab/plan.ts";
import type { Devices } from "../../../components/kubernetes/devices.ts";
import type { RehearsalNode } from "../../../components/lab/rehearsal-config.ts";
import { KUBERNETES } from "../../tools/programs.ts";
import { objectsLike, type Likeness } from "./likeness.ts";
import { asRead, type Ground, type LabObject } from "./object.ts";

const HOST_NAME = "kubernetes.io/hostname";
const PROCESSOR = "kubernetes.io/arch";
const NOTHING_MORE = { cpu: "64", memory: "256Gi", taints: [] } as const;

/** The nodes of the lab's own cluster where that is known, else those that the stack file says, else those that it cannot do without. */
export function nodes(plan: Plan, likeness: Likeness | undefined): Ground {
  const like = objectsLike(likeness, "Node");
  if (like !== undefined) return asRead(like, "Nodes");
  const said = plan.lab.rehearsal.nodes;
  const all = said ?? assumedNodes(plan);
  return {
    objects: Object.entries(all).map(([name, node], index) => nodeObject(name, node, { control: index === 0 })),
    notes: Object.entries(all).map(
      ([name, node]) => `Node ${name}: ${nodeText(node)}${said ? "" : deviceText(node.devices)}`,
    ),
  };
}

/** The classes that pods name; K3s and NVIDIA's operator make `nvidia`. */
export function runtimeClasses({ cvat, functions, clearml }: Plan, likeness: Likeness | undefined): Ground {
  const like = objectsLike(likeness, "RuntimeClass");
  if (like !== undefined) return asRead(like, "RuntimeClasses");
  const adopted = cvat?.config.nuclio.adoptedFunctions ?? {};
  const names = [
    ...Object.values(functions).map(({ runtimeClass }) => runtimeClass),
    clearml?.agent?.tasks.runtimeClass,
    ...Object.values(adopted).map(({ runtimeClass }) => runtimeClass),
  ];
  const classes = [...new Set(names.flatMap((name) => name ?? []))];
  return {
    objects: classes.map((name) => ({
      apiVersion: "node.k8s.io/v1",
      kind: "RuntimeClass",
      metadata: { name },
      handler: name,
    })),
    notes: classes.map((name) => `RuntimeClass ${name}`),
  };
}

/** Pods that ask for a certain node. */
interface Asking {
  labels: Readonly<Record<string, string>>;
  /** Of one pod. */
  devices: Devices;
  /** Names of the only nodes it may run on. Default: any. */
  only?: readonly string[];
}

/**
 * Each node that is named, and as few others as there have to be for every nodeSelector. A node has the devices of the largest pod that may run
 * there, not of all of them: whether they have room beside each other is what a rehearsal is to show.
 */
function assumedNodes({ cvat, functions, clearml }: Plan): Record<string, RehearsalNode> {
  const agent = clearml?.agent;
  const delivered = agent?.nodes ?? [];
  const askings: Asking[] = [
    ...Object.values(functions).map(({ config, devices }) => ({ labels: config.nodeSelector, devices })),
    ...(agent
      ? [
          { labels: agent.config.nodeSelector, devices: {}, only: delivered.map(({ node }) => node) },
          { labels: agent.config.tasks.nodeSelector, devices: agent.tasks.devices },
        ]
      : []),
  ];
  const made = new Map<string, { labels: Record<string, string>; devices: Record<string, number> }>();
  const named = (name: string) => {
    const node = made.get(name) ?? { labels: { [HOST_NAME]: name }, devices: {} };
    made.set(name, node);
    return node;
  };
  for (const { node } of delivered)
    named(node).labels[PROCESSOR] = agent?.config.image.delivery.platform.split("/")[1] ?? "";
  if (cvat?.config.data.node !== undefined) named(cvat.config.data.node);
  for (const { labels } of askings) if (labels[HOST_NAME] !== undefined) named(labels[HOST_NAME]);
  for (const { labels, devices, only } of askings) {
    if (Object.keys({ ...labels, ...devices }).length === 0) continue;
    const fitting = [...made].filter(
      ([name, node]) => (only === undefined || only.includes(name)) && mayHave(node, labels),
    );
    const [first] = [...fitting.filter(([, node]) => hasAll(node, labels)), ...fitting];
    const node = first?.[1] ?? named(freeName(made, Object.keys(devices).length > 0 ? "gpu-node" : "node"));
    Object.assign(node.labels, labels);
    for (const [name, amount] of Object.entries(devices))
      node.devices[name] = Math.max(node.devices[name] ?? 0, amount);
  }
  if (made.size === 0) named("node");
  return Object.fromEntries(
    [...made].map(([name, { labels, devices }]) => [
      name,
      { ...NOTHING_MORE, taints: [], labels, devices, architecture: labels[PROCESSOR] === "arm64" ? "arm64" : "amd64" },
    ]),
  );
}

type Labels = { labels: Readonly<Record<string, string>> };

const hasAll = (node: Labels, labels: Labels["labels"]) =>
  Object.entries(labels).every(([key, value]) => node.labels[key] === value);

const mayHave = (node: Labels, labels: Labels["labels"]) =>
  Object.entries(labels).every(([key, value]) => [undefined, value].includes(node.labels[key]));

function freeName(made: ReadonlyMap<string, unknown>, base: string): string {
  let name = base;
  for (let number = 2; made.has(name); number++) name = `${base}-${number}`;
  return name;
}

function nodeObject(
  name: string,
  { architecture, cpu, memory, devices, labels, taints }: RehearsalNode,
  { control }: { control: boolean },
): LabObject {
  const amounts = Object.entries(devices).map(([device, amount]) => [device, String(amount)]);
  // `ephemeral-storage` is asked for by charts; a node that does not offer it takes none of their pods.
  const offered = { cpu, memory, "ephemeral-storage": "1Ti", pods: "250", ...Object.fromEntries(amounts) } as object;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        [HOST_NAME]: name,
        "kubernetes.io/os": "linux",
        // As K3s labels its servers.
        ...(control ? { "node-role.kubernetes.io/control-plane": "true" } : {}),
        ...labels,
        [PROCESSOR]: architecture,
      },
    },
    ...(taints.length > 0 && { spec: { taints } }),
    status: {
      allocatable: offered,
      capacity: offered,
      nodeInfo: {
        architecture,
        bootID: "",
        containerRuntimeVersion: "kwok://0.8.0",
        kernelVersion: "",
        kubeProxyVersion: "",
        kubeletVersion: `v${KUBERNETES}+k3s1`,
        machineID: "",
        operatingSystem: "linux",
        osImage: "rehearsal",
        systemUUID: "",
      },
    },
  };
}

/** Labels that every node has. */
const EVERY = new Set([HOST_NAME, PROCESSOR]);

function nodeText({ architecture, labels, devices }: RehearsalNode): string {
  const own = Object.entries(labels).filter(([key]) => !EVERY.has(key));
  return [
    architecture,
    ...own.map((pair) => pair.join("=")),
    ...Object.entries(devices).map(([name, amount]) => `${amount} ${name}`),
  ].join(", ");
}

const deviceText = (devices: Devices) =>
  Object.keys(devices).length > 0
    ? ", as much as its largest pod asks for (vision-platform:rehearsal.nodes says more)"
    : "";
