import { add, sumOf, times, type Devices } from "../../kubernetes/devices.ts";
import { keepsAway, tolerates, type Taint, type Toleration } from "../taints.ts";

/** A node, and what it has for the pods of a stack. */
export interface DeviceNode {
  name: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  devices: Devices;
  /** Why it takes no pod at all: `is not Ready`. Undefined where it does. */
  closed?: string | undefined;
}

/** Pods that are alike, and where they may run. */
export interface DevicePods {
  pods: number;
  /** What each of them asks for. */
  devices: Devices;
  nodeSelector: Readonly<Record<string, string>>;
  tolerations: readonly Toleration[];
}

/** How many states a search may look at. A lab of ten nodes has a few hundred. */
const STATES = 10_000;

/**
 * Whether there is a way to put all pods on the nodes. None spans two of them. A search that would take too long says yes: what is told must
 * be true, and the scheduler has the last word.
 */
export function fits(groups: readonly DevicePods[], nodes: readonly DeviceNode[]): boolean {
  const places = nodes.map((node) => ({
    left: { ...node.devices },
    takes: groups.map((group) => refusalOf(node, group) === undefined),
  }));
  if (isTooMuch(groups, places)) return false;
  const pods = groups.flatMap(({ pods, devices }, group) => Array.from({ length: pods }, () => ({ devices, group })));
  const seen = new Set<string>();
  const place = (at: number): boolean => {
    const pod = pods[at];
    if (pod === undefined || seen.size > STATES) return true;
    // Of nodes that are alike it does not matter which one is which.
    const alike = new Map(places.map((one) => [JSON.stringify(one), one]));
    const state = [at, ...places.map((one) => JSON.stringify(one)).sort()].join();
    if (seen.has(state)) return false;
    seen.add(state);
    for (const { left, takes } of alike.values()) {
      if (!takes[pod.group] || !holds(left, pod.devices)) continue;
      add(left, pod.devices, -1);
      if (place(at + 1)) return true;
      add(left, pod.devices, 1);
    }
    return false;
  };
  return place(0);
}

interface Place {
  /** Devices that nobody has yet. */
  left: Record<string, number>;
  /** Of each group, whether the node takes its pods. */
  takes: boolean[];
}

/** Whether all nodes together have too little of one device, which ends most searches before they begin. */
function isTooMuch(groups: readonly DevicePods[], places: readonly Place[]): boolean {
  const asked = sumOf(groups.map(({ pods, devices }) => times(devices, pods)));
  const open = places.filter(({ takes }) => takes.includes(true));
  return Object.entries(asked).some(
    ([name, amount]) => amount > open.reduce((sum, { left }) => sum + Math.max(0, left[name] ?? 0), 0),
  );
}

const holds = (left: Devices, devices: Devices) =>
  Object.entries(devices).every(([name, amount]) => (left[name] ?? 0) >= amount);

/** Why a node takes none of these pods, whatever they ask for: `has the taint gpu=only`. Undefined where it takes them. */
export function refusalOf(node: DeviceNode, { nodeSelector, tolerations }: DevicePods): string | undefined {
  if (node.closed !== undefined) return node.closed;
  const lacking = Object.entries(nodeSelector).find(([key, value]) => node.labels[key] !== value);
  if (lacking) return `lacks the label ${lacking.join("=")}`;
  const taint = node.taints.find(
    (one) => keepsAway(one) && !tolerations.some((toleration) => tolerates(toleration, one)),
  );
  return taint && `has the taint ${taint.key ?? ""}${taint.value ? `=${taint.value}` : ""}`;
}
