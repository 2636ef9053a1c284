import type { ClusterAccess } from "../../../components/kubernetes/cluster.ts";
import { kubeConfig } from "../../../components/kubernetes/kube-config.ts";

/** A pod that takes work of one of CVAT's queues. */
export interface Worker {
  pod: string;
  /** `running`, `waiting: ImagePullBackOff`, `pending` */
  state: string;
  /** Since when its container runs; undefined while it does not. */
  since: Date | undefined;
}

/** Looks at the pods of a queue; undefined where that cannot be told. */
export type LookAtWorkers = (queue: Queue) => Promise<Worker[] | undefined>;

/** A queue, as the chart's Deployments `cvat-backend-worker-…` name it. */
export type Queue = "import" | "export" | "annotation" | "qualityreports" | "consensus";

/** Which queue a request waits in, by the type of its operation. (cvat.md 1.3, cvat-real-third-look.md 6.6, 6.7) */
export function queueOf(operation: string): Queue {
  const [action] = operation.split(":");
  if (action === "export") return "export";
  if (action === "calculate") return "qualityreports";
  if (action === "merge") return "consensus";
  return action === "autoannotate" ? "annotation" : "import";
}

/** Looks at CVAT's workers in the lab's cluster, with the person's own kubeconfig. Whoever may not see pods does without. */
export function workersIn(access: ClusterAccess, namespace: string): LookAtWorkers {
  return async (queue) => {
    try {
      const { CoreV1Api } = await import("@kubernetes/client-node");
      const core = (await kubeConfig(access)).makeApiClient(CoreV1Api);
      const { items } = await core.listNamespacedPod({ namespace, labelSelector: `component=worker-${queue}` });
      return items.map(({ metadata, status }) => {
        const state = status?.containerStatuses?.[0]?.state;
        const phase = (status?.phase ?? "unknown").toLowerCase();
        return {
          pod: metadata?.name ?? "",
          state: state?.waiting?.reason === undefined ? phase : `waiting: ${state.waiting.reason}`,
          since: state?.running?.startedAt,
        };
      });
    } catch {
      return undefined;
    }
  };
}
