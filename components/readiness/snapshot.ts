import type { KubernetesObject } from "@kubernetes/client-node";
import type { WaitedKind } from "./expectation.ts";

/** What the API server says at one moment of the objects of one namespace. */
export type Snapshot = ReadonlyMap<string, KubernetesObject>;

/** The key of an object in a snapshot. */
export const keyOf = (kind: string, name: string) => `${kind}/${name}`;

/** One object's state: ready, or what it still lacks. */
export interface State {
  ready: boolean;
  /** What is so, for a line of progress: `2 of 3 pods ready`, `Pending`, `no address yet`. */
  detail: string;
}

// The fields of each kind that decide; the client's own types have hundreds.
interface Live extends KubernetesObject {
  spec?: { replicas?: number; completions?: number; resources?: { requests?: { storage?: string } } };
  status?: {
    phase?: string;
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    readyReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
    succeeded?: number;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] };
  };
}

const JUDGES: Record<WaitedKind, (object: Live, asked: readonly string[]) => State> = {
  PersistentVolumeClaim: ({ status }) => ({ ready: status?.phase === "Bound", detail: status?.phase ?? "Pending" }),
  Deployment: (object) => {
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = object.status ?? {};
    // Of the available ones so many may be of the old version.
    const old = Math.max(0, replicas - updatedReplicas);
    return rollout(object, Math.max(0, availableReplicas - old), updatedReplicas);
  },
  StatefulSet: (object) => {
    const { currentRevision, updateRevision, readyReplicas = 0, updatedReplicas } = object.status ?? {};
    return rollout(object, readyReplicas, currentRevision === updateRevision ? readyReplicas : (updatedReplicas ?? 0));
  },
  Job: ({ status }) => {
    const failed = status?.conditions?.find((condition) => condition.type === "Failed" && condition.status === "True");
    const done =
      status?.conditions?.some((condition) => condition.type === "Complete" && condition.status === "True") ?? false;
    return {
      ready: done,
      detail: failed ? `failed: ${failed.message ?? failed.reason ?? ""}` : done ? "complete" : "running",
    };
  },
  Service: addressState,
  Ingress: addressState,
};

/** The state of an expected object; absent ones are not ready. With addresses asked for, only they make it ready. */
export function stateOf(kind: WaitedKind, name: string, snapshot: Snapshot, asked: readonly string[] = []): State {
  const object = snapshot.get(keyOf(kind, name));
  return object ? JUDGES[kind](object, asked) : { ready: false, detail: "not there yet" };
}

/**
 * When what is wanted of an object changed last, in milliseconds since 1970; 0: not known. What controllers note of their own work does not count.
 */
export function lastChange({ metadata }: KubernetesObject): number {
  const fields = (metadata?.managedFields ?? []).filter(
    ({ subresource, manager }) => !subresource && manager !== "kube-controller-manager",
  );
  const times = [metadata?.creationTimestamp, ...fields.map(({ time }) => time)];
  return Math.max(0, ...times.map((time) => (time === undefined ? 0 : Number(new Date(time)))));
}

/** The first address of a LoadBalancer Service or an Ingress, once it has one. */
export function addressIn(snapshot: Snapshot, kind: "Service" | "Ingress", name: string): string | undefined {
  const object: Live | undefined = snapshot.get(keyOf(kind, name));
  return object && firstAddress(object);
}

function firstAddress(object: Live): string | undefined {
  return addressesGiven(object)[0];
}

function addressesGiven({ status }: Live): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
}

function rollout(object: Live, ready: number, updated: number): State {
  const wanted = object.spec?.replicas ?? 1;
  const seen = (object.status?.observedGeneration ?? 0) >= (object.metadata?.generation ?? 0);
  const detail = seen ? `${Math.min(ready, updated)} of ${wanted} pods ready` : "new version not rolled out yet";
  return { ready: seen && ready >= wanted && updated >= wanted, detail };
}

/**
 * One that asks for addresses is ready when it has them, and not with those it had before: whoever gives them may be away. Others may come
 * beside them: MetalLB adds one of the other family where a Service prefers both.
 */
function addressState(object: Live, asked: readonly string[]): State {
  const given = addressesGiven(object);
  const detail = given.join(", ");
  if (given.length === 0) return { ready: false, detail: "no address yet" };
  if (asked.every((address) => given.includes(address))) return { ready: true, detail };
  return { ready: false, detail: `has ${detail}, asked for ${asked.join(", ")}` };
}
