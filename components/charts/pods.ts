import type { RenderedObject } from "../kubernetes/rendered-object.ts";

/** The fields of a pod that fixes look at. */
export interface PodSpec {
  containers?: Container[] | null;
  initContainers?: Container[] | null;
  imagePullSecrets?: { name: string }[] | null;
  volumes?:
    | {
        name: string;
        persistentVolumeClaim?: { claimName: string };
        configMap?: { name: string; items?: { key: string; path: string }[] };
        emptyDir?: object;
      }[]
    | null;
  securityContext?: SecurityContext;
}

export interface Container {
  name: string;
  image?: string | undefined;
  imagePullPolicy?: string | undefined;
  command?: string[];
  args?: string[];
  terminationMessagePolicy?: string;
  ports?: { name?: string | null; containerPort: number }[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name?: string; key?: string } } }[];
  envFrom?: { secretRef?: { name?: string } }[];
  volumeMounts?: { name: string; mountPath?: string; subPath?: string; readOnly?: boolean }[];
  securityContext?: SecurityContext;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
}

export interface SecurityContext {
  runAsNonRoot?: boolean;
  runAsUser?: number;
}

export interface Probe {
  tcpSocket?: { port: number | string };
  httpGet?: { port: number | string; httpHeaders?: { name: string; value: string }[] };
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> | null };
  spec?: PodSpec;
}

const WORKLOADS = /^(Deployment|StatefulSet|DaemonSet|ReplicaSet|Job)$/;

interface Workload {
  spec?: { template?: PodTemplate };
}

/** The pod an object makes: itself, its template, or that of the Jobs it starts. `undefined` for an object that makes none. */
export function podTemplate(object: RenderedObject): PodTemplate | undefined {
  if (object.kind === "Pod") return object;
  if (WORKLOADS.test(object.kind)) return (object as Workload).spec?.template;
  if (object.kind === "CronJob")
    return (object.spec as { jobTemplate?: Workload } | undefined)?.jobTemplate?.spec?.template;
  return undefined;
}

/** The containers of the pod an object makes, without those that run before them. */
export function containersOf(object: RenderedObject): Container[] {
  return podTemplate(object)?.spec?.containers ?? [];
}

/** The containers that run before the others. */
export function initContainersOf(object: RenderedObject): Container[] {
  return podTemplate(object)?.spec?.initContainers ?? [];
}

/** All containers of the pod an object makes. */
export const everyContainer = (object: RenderedObject): Container[] => [
  ...initContainersOf(object),
  ...containersOf(object),
];

/** The volumes of the pod an object makes. */
export function volumesOf(object: RenderedObject): NonNullable<PodSpec["volumes"]> {
  return podTemplate(object)?.spec?.volumes ?? [];
}
