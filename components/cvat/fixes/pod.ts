import semver from "semver";
import type { RenderedObject } from "../../charts/fixes.ts";
import { imageVersion } from "../images.ts";

/** The parts of a container that CVAT's fixes look at. */
export interface Container {
  name: string;
  image: string;
  ports?: { containerPort: number }[];
  env?: { name: string; value?: string }[];
  volumeMounts?: { name: string }[];
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

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[] | null;
  volumes?: { name: string }[] | null;
  securityContext?: SecurityContext;
}

export interface PodTemplate {
  metadata?: { annotations?: Record<string, string> | null };
  spec: PodSpec;
}

const WITH_PODS = ["Deployment", "StatefulSet", "Job"];

/** The template of the pods an object makes, or undefined. */
export function podTemplate(object: RenderedObject): PodTemplate | undefined {
  if (!WITH_PODS.includes(object.kind)) return undefined;
  return (object.spec as { template: PodTemplate }).template;
}

/** The pods' containers, without init containers: those run as root on purpose, to mend rights on volumes. */
export function containersOf(object: RenderedObject): Container[] {
  return podTemplate(object)?.spec.containers ?? [];
}

/** Whether an object is of one tier of CVAT's own: backend, frontend, kvrocks. Subcharts' objects are of none. */
export function isTier(object: RenderedObject, tier: string): boolean {
  return object.metadata.labels?.app === "cvat-app" && object.metadata.labels.tier === tier;
}

/** Whether a subchart of this name made the object. */
export function isSubchart(object: RenderedObject, names: readonly string[]): boolean {
  return names.includes(object.metadata.labels?.["app.kubernetes.io/name"] ?? "");
}

/** Whether a container's image is older than a release. A tag that names no release counts as `otherwise`. */
export function isOlder(container: Container, release: string, otherwise: string): boolean {
  return semver.lt(imageVersion(container.image) ?? otherwise, release);
}
