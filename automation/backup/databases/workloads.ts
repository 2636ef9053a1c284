/** Says how many replicas a workload had before a restore, until it has them again. */
export const REPLICAS_ANNOTATION = "vision-platform/replicas-before-restore";

/** A Deployment or StatefulSet, as far as it is scaled here. */
export interface Workload {
  kind: "Deployment" | "StatefulSet";
  name: string;
  /** That are asked for. */
  replicas: number;
  /** That there are, ready or not. */
  pods: number;
  ready: number;
  /** Replicas that it had when a restore took them away. */
  before: number | undefined;
}

interface WorkloadObject {
  metadata?: { name?: string; annotations?: Record<string, string> };
  spec?: { replicas?: number; template?: { spec?: { containers?: Container[]; initContainers?: Container[] } } };
  status?: { replicas?: number; readyReplicas?: number };
}

interface Container {
  env?: { name: string }[];
}

/** Those whose pods are told how the database is reached. @param usedBy the variable that tells it */
export function workloadsOf(kind: Workload["kind"], items: readonly WorkloadObject[], usedBy: string): Workload[] {
  return items
    .filter(({ spec }) => {
      const { containers = [], initContainers = [] } = spec?.template?.spec ?? {};
      return [...containers, ...initContainers].some(({ env }) => env?.some(({ name }) => name === usedBy));
    })
    .map(({ metadata, spec, status }) => {
      const before = metadata?.annotations?.[REPLICAS_ANNOTATION];
      return {
        kind,
        name: metadata?.name ?? "",
        replicas: spec?.replicas ?? 1,
        pods: status?.replicas ?? 0,
        ready: status?.readyReplicas ?? 0,
        before: before === undefined ? undefined : Number(before),
      };
    });
}

/** What takes a workload's pods away and remembers them. What was remembered by a run that was killed stays. */
export const scaledDown = ({ replicas, before }: Workload) => ({
  metadata: { annotations: { [REPLICAS_ANNOTATION]: String(replicas > 0 ? replicas : (before ?? 0)) } },
  spec: { replicas: 0 },
});

/** What gives them back. Undefined: nothing was taken. */
export function scaledUp({ replicas, before }: Workload) {
  if (before === undefined) return undefined;
  return {
    metadata: { annotations: { [REPLICAS_ANNOTATION]: null } },
    spec: { replicas: Math.max(replicas, before) },
  };
}
