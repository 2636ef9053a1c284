import type { V1Deployment, V1Pod } from "@kubernetes/client-node";

/** So long pods may be stuck that come up after all: a registry that is away for a moment, a GPU that another gives back. */
export const STUCK_AT_MOST_MS = 60_000;

/** What a container waits for that comes by no waiting: somebody must change the image, its name, a Secret, or the code. */
const WAITS_IN_VAIN =
  /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError|RegistryUnavailable|CreateContainer(Config)?Error|RunContainerError|CrashLoopBackOff)$/;

/**
 * The pods that do not come up by waiting, by what the node and the scheduler say of them at this moment. Not by events, which outlive what
 * they tell: a pod that found its node late is one that pulls its image. A container that crashes counts while the node waits before the
 * next try, which it does longer each time.
 */
export function stuckPods(pods: readonly V1Pod[]): V1Pod[] {
  return pods.filter(({ metadata, status }) => {
    // The API has null for what is not set.
    if (metadata?.deletionTimestamp) return false;
    const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    return (
      containers.some(({ state }) => WAITS_IN_VAIN.test(state?.waiting?.reason ?? "")) ||
      (status?.conditions ?? []).some(
        (condition) =>
          condition.type === "PodScheduled" && condition.status === "False" && condition.reason === "Unschedulable",
      )
    );
  });
}

/** Whether a function does not come up by waiting: a pod of it is stuck, or none may be made (a runtime class that is missing, a quota). */
export function isStuck(deployment: V1Deployment | undefined, pods: readonly V1Pod[]): boolean {
  const refused = deployment?.status?.conditions?.some(
    ({ type, status }) => type === "ReplicaFailure" && status === "True",
  );
  return refused === true || stuckPods(pods).length > 0;
}
