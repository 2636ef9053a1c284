import type { LabConfig } from "../../lab/sections.ts";
import { devicesAmong, devicesOf, sumOf, type Devices } from "../../kubernetes/devices.ts";
import { podHasEnded } from "../../kubernetes/pod-phase.ts";
import { FUNCTION_LABEL, RUNTIME_CLASS_LABEL } from "../../nuclio/names.ts";
import type { LiveNode, LivePod } from "../facts.ts";
import type { DeviceNode } from "./fit.ts";

/** A pod that holds devices of a node and is none of the stack's. */
export interface OthersPod {
  /** `namespace/name` */
  name: string;
  node: string;
  devices: Devices;
}

/** Nodes with what they have for this stack's pods: what the kubelet gives to pods, without what pods of others hold. */
export function offeredBy(nodes: readonly LiveNode[], others: readonly OthersPod[]): DeviceNode[] {
  return nodes.map(({ metadata, spec, status }) => {
    const name = metadata?.name ?? "";
    const held = others.filter(({ node }) => node === name);
    const devices = Object.entries(devicesAmong(status?.allocatable ?? {})).map(([device, amount]) => [
      device,
      held.reduce((left, pod) => left - (pod.devices[device] ?? 0), amount),
    ]);
    const isReady = status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
    return {
      name,
      labels: metadata?.labels ?? {},
      taints: spec?.taints ?? [],
      devices: Object.fromEntries(devices) as Devices,
      closed: !isReady ? "is not Ready" : spec?.unschedulable ? "is cordoned" : undefined,
    };
  });
}

/** Pods of others that hold devices. Without the right to list pods there are none to be seen. */
export function othersPods(pods: readonly LivePod[] | undefined, lab: LabConfig): OthersPod[] {
  return (pods ?? [])
    .filter((pod) => pod.spec?.nodeName !== undefined && !podHasEnded(pod) && !isOurs(pod, lab))
    .map(({ metadata, spec }) => ({
      name: `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`,
      node: spec?.nodeName ?? "",
      devices: sumOf((spec?.containers ?? []).map(({ resources }) => devicesOf(resources))),
    }))
    .filter(({ devices }) => Object.keys(devices).length > 0);
}

/** Tasks, and functions that the stack file has or that this run takes out: those that others deployed lack our label. */
function isOurs({ metadata }: LivePod, { cvat, clearml, functions }: LabConfig): boolean {
  if (metadata?.namespace === clearml.agent.namespace) return true;
  const { [FUNCTION_LABEL]: name, [RUNTIME_CLASS_LABEL]: label } = metadata?.labels ?? {};
  return (
    metadata?.namespace === cvat.namespace &&
    name !== undefined &&
    (Object.hasOwn(functions, name) || label !== undefined)
  );
}
