import type { ClusterAccess } from "../../components/kubernetes/cluster.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import { FUNCTION_LABEL } from "../../components/nuclio/names.ts";

/** The log of one pod of a function, or why there is none. */
export interface PodLog {
  pod: string;
  /** Where its container stands: `running`, `waiting: ImagePullBackOff`. */
  state: string;
  lines: string[];
}

const CONTAINER = "nuclio";

/** The last lines of every pod of a function. A pod whose container does not run has the log of the one before, where there was one. */
export async function functionLogs(
  access: ClusterAccess,
  namespace: string,
  name: string,
  tailLines: number,
): Promise<PodLog[]> {
  const { CoreV1Api } = await import("@kubernetes/client-node");
  const core = (await kubeConfig(access)).makeApiClient(CoreV1Api);
  const { items } = await core.listNamespacedPod({ namespace, labelSelector: `${FUNCTION_LABEL}=${name}` });
  return Promise.all(
    items.map(async ({ metadata, status }) => {
      const pod = metadata?.name ?? "";
      const container = status?.containerStatuses?.find((one) => one.name === CONTAINER);
      const waiting = container?.state?.waiting?.reason;
      const again = waiting === "CrashLoopBackOff";
      const log = await core
        .readNamespacedPodLog({ namespace, name: pod, container: CONTAINER, tailLines, previous: again })
        .catch((error: unknown) => `(no log: ${reasonOf(error)})`);
      const state = waiting === undefined ? (status?.phase ?? "unknown").toLowerCase() : `waiting: ${waiting}`;
      return { pod, state, lines: log.trimEnd().split("\n") };
    }),
  );
}

/** The API server's own words, without the headers around them. */
function reasonOf(error: unknown): string {
  const body = (error as { body?: unknown }).body;
  try {
    const { message } = JSON.parse(String(body)) as { message?: string };
    if (message) return message;
  } catch {
    // No Status object.
  }
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
