import { taskResources } from "../../clearml/agent/values.ts";
import type { LabConfig } from "../../lab/sections.ts";
import { devicesOf } from "../../kubernetes/devices.ts";
import type { DevicePods } from "./fit.ts";

/** Pods that a stack file asks devices for. */
export interface AskedDevices extends DevicePods {
  /** What they are of: `yolo11x`, `a task`. */
  name: string;
  /** Key of the stack file that says so. */
  path: string;
}

/** What functions hold for as long as they are deployed, in the stack file's order. */
export function heldByFunctions({ cvat, functions }: LabConfig): AskedDevices[] {
  if (!cvat.enabled || !cvat.nuclio.enabled) return [];
  return Object.entries(functions)
    .map(([name, { gpu, resources, replicas, nodeSelector, tolerations }]) => ({
      name,
      path: `vision-platform:functions.${name}.${gpu ? "gpu" : "resources"}`,
      pods: replicas,
      devices: { ...devicesOf(resources), ...(gpu && { [gpu.resource]: gpu.count }) },
      nodeSelector,
      tolerations,
    }))
    .filter(asksForAny);
}

/** What each task of ClearML's agent needs while it runs. Undefined where tasks ask for no device. */
export function neededByTask({ clearml }: LabConfig): AskedDevices | undefined {
  const { agent } = clearml;
  if (!clearml.enabled || !agent.enabled) return undefined;
  const { tasks } = agent;
  const asked = {
    name: "a task",
    path: `vision-platform:clearml.agent.tasks.${tasks.gpus > 0 ? "gpus" : "resources"}`,
    pods: 1,
    devices: devicesOf(taskResources(tasks)),
    nodeSelector: tasks.nodeSelector,
    tolerations: tasks.tolerations,
  };
  return asksForAny(asked) ? asked : undefined;
}

/** Whether the stack file asks for any device, so that nodes and pods need a look. */
export const asksForDevices = (lab: LabConfig) => heldByFunctions(lab).length > 0 || neededByTask(lab) !== undefined;

const asksForAny = ({ devices }: DevicePods) => Object.keys(devices).length > 0;
