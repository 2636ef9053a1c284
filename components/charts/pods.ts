import type { RenderedObject } from "./fixes.ts";

/** The fields of a pod that fixes look at. */
export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
  [field: string]: unknown;
}

export interface Container {
  name: string;
  image?: string;
  [field: string]: unknown;
}

const WORKLOADS = /^(Deployment|StatefulSet|DaemonSet|ReplicaSet|Job)$/;

interface Template {
  spec?: { template?: { spec?: PodSpec } };
}

/** The pod an object runs: its own, its template's, or that of the Jobs it starts. `undefined` for an object that runs none. */
export function podSpecOf(object: RenderedObject): PodSpec | undefined {
  if (object.kind === "Pod") return object.spec as PodSpec | undefined;
  if (WORKLOADS.test(object.kind)) return (object as Template).spec?.template?.spec;
  if (object.kind === "CronJob")
    return (object.spec as { jobTemplate?: Template } | undefined)?.jobTemplate?.spec?.template?.spec;
  return undefined;
}

/** Every container of the pod an object runs, those that run before the others included. */
export function containersOf(object: RenderedObject): Container[] {
  const spec = podSpecOf(object);
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}
