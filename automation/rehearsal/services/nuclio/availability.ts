import type { Objects, Stored } from "./kube.ts";

export interface LiveDeployment extends Stored {
  status?: {
    conditions?: { type: string; status: string }[];
    unavailableReplicas?: number;
    availableReplicas?: number;
  };
}
interface LivePod extends Stored {
  status?: { containerStatuses?: { state?: { waiting?: { reason?: string } } }[] };
}

/** What ends the controller's wait. (nuclio: functionres/lazy.go, waitFunctionDeploymentReadiness) */
export function isAvailable({ status }: LiveDeployment): boolean {
  const available = status?.conditions?.some(({ type, status: is }) => type === "Available" && is === "True");
  return available === true && !status?.unavailableReplicas;
}

/** What the monitor takes for healthy. (nuclio: monitoring/function.go, isAvailable) */
export function isHealthy(deployment: LiveDeployment): boolean {
  const { replicas = 0 } = deployment["spec"] as { replicas?: number };
  const broken = deployment.status?.conditions?.some(
    ({ type, status }) =>
      type === "ReplicaFailure" || (["Available", "Progressing"].includes(type) && status === "False"),
  );
  return replicas > 0 && broken !== true;
}

/** The pod of a function that crashes again and again, if any: then a deployment fails at once, unless it is to wait. */
export async function crashing(namespace: Pick<Objects, "list">, name: string): Promise<string | undefined> {
  const pods = await namespace.list<LivePod>("Pod");
  return pods.find(
    ({ metadata, status }) =>
      metadata.labels?.["nuclio.io/function-name"] === name &&
      status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === "CrashLoopBackOff"),
  )?.metadata.name;
}
