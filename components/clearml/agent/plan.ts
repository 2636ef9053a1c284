import { devicesOf, type Devices } from "../../kubernetes/devices.ts";
import type { AgentConfig } from "./agent-config.ts";
import { imageOf } from "./names.ts";

/** ClearML's agent, and what is worked out of its keys. */
export interface AgentPlan {
  config: AgentConfig;
  /** Version of its chart. */
  chart: string;
  /** `registry.internal/clearml-agent:2.0.7-2`. */
  image: string;
  /** The nodes its image is carried to; none where it comes from a registry. */
  nodes: AgentConfig["image"]["delivery"]["nodes"];
  /** The pods in which tasks run. */
  tasks: {
    /** RuntimeClass of each. Undefined: none. */
    runtimeClass: string | undefined;
    resources: AgentConfig["tasks"]["resources"];
    devices: Devices;
  };
}

/** @param chart version of the agent's chart */
export function agentPlan(config: AgentConfig, chart: string): AgentPlan {
  const { image, tasks } = config;
  const resources = taskResources(tasks);
  return {
    config,
    chart,
    image: imageOf(image),
    nodes: image.delivery.by === "nodes" ? image.delivery.nodes : [],
    tasks: {
      runtimeClass: tasks.gpus > 0 && tasks.runtimeClass !== "" ? tasks.runtimeClass : undefined,
      resources,
      devices: devicesOf(resources),
    },
  };
}

/** NVIDIA_VISIBLE_DEVICES is left to the device plugin: `all` would show every GPU of the node to a task that was given one. (facts 8.24) */
export function taskResources(tasks: AgentConfig["tasks"]): AgentConfig["tasks"]["resources"] {
  const { gpus, gpuResource, resources } = tasks;
  return gpus === 0 ? resources : { ...resources, limits: { ...resources.limits, [gpuResource]: String(gpus) } };
}
