import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import { everyContainer, podTemplate } from "./pods.ts";

/** Pods of one kind: how they are selected, and where they listen. */
export interface Workload {
  /** Namespace they are in. */
  namespace: string;
  /** Name of what makes them: `cvat-backend-server`. */
  name: string;
  /** Labels that select them, and no others. */
  labels: Readonly<Record<string, string>>;
  /** Ports of theirs that a Service leads to, each once. */
  ports: readonly ServedPort[];
}

/** A port of a pod, as a Service leads to it. */
export interface ServedPort {
  /** Its name in the Service. Undefined: it has none. */
  name: string | undefined;
  /** Its number in the pod: what policies go by is the packet that has been sent on. (kubernetes.io: Network Policies, ipBlock) */
  port: number;
}

/** What stands in a rendered object of pods, Services and policies. */
export interface NetworkParts {
  workloads: WorkloadParts[];
  services: ServiceParts[];
  /** Names of NetworkPolicies that the chart brings itself. */
  policies: string[];
}

interface WorkloadParts {
  name: string;
  /** Labels of its pods. */
  pods: Record<string, string>;
  /** Those that select them. */
  labels: Record<string, string>;
  ports: Record<string, number>;
}

interface ServiceParts {
  selector: Record<string, string>;
  ports: { name?: string; port: number; targetPort?: number | string | null }[];
}

/** Labels that another version of the chart changes: by them, a policy would select nothing between two versions. */
const CHANGING = ["helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "chart", "version"];

/** Notes what of an object says who listens where. */
export function noteNetwork(object: RenderedObject, into: NetworkParts): void {
  const { kind, metadata } = object;
  if (kind === "NetworkPolicy") into.policies.push(metadata.name);
  if (kind === "Service") {
    const { selector, ports } = object.spec as Partial<ServiceParts>;
    if (selector) into.services.push({ selector, ports: ports ?? [] });
  }
  const template = podTemplate(object);
  // A pod by itself has no ways: a test of the chart's, or a person's program.
  if (template === undefined || kind === "Pod") return;
  const { selector } = object.spec as { selector?: { matchLabels?: Record<string, string> } };
  const pods = template.metadata?.labels ?? {};
  const lasting = Object.fromEntries(Object.entries(pods).filter(([key]) => !CHANGING.includes(key)));
  const ports = everyContainer(object).flatMap((container) => container.ports ?? []);
  into.workloads.push({
    name: metadata.name,
    pods,
    labels: selector?.matchLabels ?? lasting,
    ports: Object.fromEntries(ports.flatMap(({ name, containerPort }) => (name ? [[name, containerPort]] : []))),
  });
}

/** The workloads of a chart, by name, with the ports that its Services lead to. */
export function workloadsOf({ workloads, services }: NetworkParts, namespace: string): Workload[] {
  return workloads
    .map((workload) => ({
      namespace,
      name: workload.name,
      labels: workload.labels,
      ports: services
        .filter(({ selector }) => selects(selector, workload.pods))
        .flatMap((one) => portsOf(one, workload)),
    }))
    .map((workload) => ({ ...workload, ports: eachOnce(workload.ports) }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

const selects = (selector: Record<string, string>, labels: Record<string, string>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

function portsOf({ ports }: ServiceParts, workload: WorkloadParts): ServedPort[] {
  return ports.flatMap(({ name, port, targetPort }) => {
    // Without one it is the Service's own. (kubernetes.io: Service, targetPort)
    const number = typeof targetPort === "string" ? workload.ports[targetPort] : (targetPort ?? port);
    return number === undefined ? [] : [{ name, port: number }];
  });
}

function eachOnce(ports: readonly ServedPort[]): ServedPort[] {
  const known = new Map(ports.map((one) => [`${one.name ?? ""} ${one.port}`, one]));
  return [...known.values()].sort((one, other) => one.port - other.port);
}
