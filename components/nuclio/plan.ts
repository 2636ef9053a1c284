import { devicesOf, type Devices } from "../kubernetes/devices.ts";
import type { FunctionConfig } from "./function-config.ts";
import type { LabelEntry } from "./label-config.ts";

/** A function, and what is worked out of its keys. */
export interface FunctionPlan {
  config: FunctionConfig;
  /** What CVAT is told it finds: labels of the stack file, or of the file that it names. */
  labels: readonly LabelEntry[];
  /** RuntimeClass of its pods. Undefined: none. */
  runtimeClass: string | undefined;
  /** Devices of each of its pods. */
  devices: Devices;
}

/** @param inFile labels of the file that the function names. Default: it names none */
export function functionPlan(config: FunctionConfig, inFile?: readonly LabelEntry[]): FunctionPlan {
  const { gpu, runtimeClass, resources, labels } = config;
  return {
    config,
    labels: inFile ?? labels,
    runtimeClass: runtimeClass ?? (gpu ? "nvidia" : undefined),
    devices: { ...devicesOf(resources), ...(gpu && { [gpu.resource]: gpu.count }) },
  };
}
