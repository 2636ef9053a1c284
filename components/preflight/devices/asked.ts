import type { Plan } from "../../lab/plan.ts";
import type { DevicePods } from "./fit.ts";

/** Pods that a stack file asks devices for. */
export interface AskedDevices extends DevicePods {
  /** What they are of: `yolo11x`, `a task`. */
  name: string;
  /** Key of the stack file that says so. */
  path: string;
}

/** What functions hold for as long as they are deployed, in the stack file's order. */
export function heldByFunctions({ functions }: Plan): AskedDevices[] {
  return Object.entries(functions)
    .map(([name, { config, devices }]) => ({
      name,
      path: `vision-platform:functions.${name}.${config.gpu ? "gpu" : "resources"}`,
      pods: config.replicas,
      devices,
      nodeSelector: config.nodeSelector,
      tolerations: config.tolerations,
    }))
    .filter(asksForAny);
}

/** What each task of ClearML's agent needs while it runs. Undefined where tasks ask for no device. */
export function neededByTask({ clearml }: Plan): AskedDevices | undefined {
  const agent = clearml?.agent;
  if (!agent) return undefined;
  const { tasks } = agent.config;
  const asked = {
    name: "a task",
    path: `vision-platform:clearml.agent.tasks.${tasks.gpus > 0 ? "gpus" : "resources"}`,
    pods: 1,
    devices: agent.tasks.devices,
    nodeSelector: tasks.nodeSelector,
    tolerations: tasks.tolerations,
  };
  return asksForAny(asked) ? asked : undefined;
}

/** Whether the stack file asks for any device, so that nodes and pods need a look. */
export const asksForDevices = (plan: Plan) => heldByFunctions(plan).length > 0 || neededByTask(plan) !== undefined;

const asksForAny = ({ devices }: DevicePods) => Object.keys(devices).length > 0;
