import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import type { Expectation } from "./expectation.ts";

/** Why something does not get ready, in words, and what to do about it. */
export interface Obstacle {
  /** `Deployment/cvat-backend-server`. */
  object: string;
  reason: string;
  cure: string;
}

interface Cause {
  /** Recognises the cause in the reason and message of an event or of a waiting container. */
  pattern: RegExp;
  cure: string;
}

/** Known causes. The first row that fits counts, so the narrow ones come first. */
const CAUSES: readonly Cause[] = [
  {
    pattern: /RuntimeClass "[^"]*" not found/,
    cure: "Install the NVIDIA container runtime on the GPU node and create the RuntimeClass (K3s does both when it finds nvidia-container-runtime), or name another runtime class.",
  },
  {
    pattern: /ErrImagePull|ImagePullBackOff|InvalidImageName|Failed to pull image/,
    cure: "Check the image's name and tag, whether its registry is reachable from the node, and whether it wants a pull secret.",
  },
  {
    pattern: /ErrImageNeverPull/,
    cure: "The image must be on the node already: import it there (k3s ctr images import), or let it be pulled.",
  },
  {
    pattern: /CreateContainerConfigError/,
    cure: "A Secret, a ConfigMap or the user the container runs as is not what it needs: see the message.",
  },
  { pattern: /OOMKilled/, cure: "Raise the memory limit of this container." },
  { pattern: /CrashLoopBackOff/, cure: "Read its log: kubectl logs --previous." },
  {
    pattern: /Insufficient nvidia\.com\/gpu/,
    cure: "No node has a free GPU: check the device plugin and what else holds the GPU.",
  },
  { pattern: /Insufficient /, cure: "No node has that much left: lower the requests or add a node." },
  {
    pattern: /FailedMount|FailedAttachVolume|Multi-Attach/,
    cure: "The volume is held by another node or cannot be mounted: see the message and the storage's own pods.",
  },
  {
    pattern: /storageclass|ProvisioningFailed|no persistent volumes available/i,
    cure: "Set cluster.storageClass to a StorageClass of this cluster (kubectl get storageclass).",
  },
  {
    pattern: /AllocationFailed|no available IPs|no address yet/,
    cure: "Give the Service an address that MetalLB's pool has and nobody else uses (kubectl get ipaddresspool -A).",
  },
  {
    pattern: /untolerated taint|node affinity|node selector/i,
    cure: "No node fits: check the node selector and the tolerations.",
  },
];

const ANY_CAUSE = "Look at its events: kubectl describe.";

/** What holds up the given objects, from the pods and the warning events of their namespace. One obstacle per object, the most telling. */
export function obstacles(
  waiting: readonly Expectation[],
  pods: readonly V1Pod[],
  events: readonly CoreV1Event[],
): Obstacle[] {
  return waiting.flatMap(({ kind, name }) => {
    const reasons = [
      ...pods.filter((pod) => belongs(pod.metadata?.name, name)).flatMap(troublesOf),
      ...events
        .filter((event) => event.type !== "Normal" && belongs(event.involvedObject.name, name))
        .map((event) => `${event.reason ?? ""}: ${event.message ?? ""}`),
    ];
    const found = CAUSES.flatMap((cause) =>
      reasons.filter((reason) => cause.pattern.test(reason)).map((reason) => ({ reason, cure: cause.cure })),
    );
    const first = found[0] ?? (reasons[0] === undefined ? undefined : { reason: reasons[0], cure: ANY_CAUSE });
    return first ? [{ object: `${kind}/${name}`, ...first }] : [];
  });
}

/** Pods and ReplicaSets carry their owner's name and a suffix. */
function belongs(name: string | undefined, owner: string): boolean {
  return name === owner || (name?.startsWith(`${owner}-`) ?? false);
}

function troublesOf(pod: V1Pod): string[] {
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const conditions =
    pod.status?.conditions?.filter(({ type, status }) => type === "PodScheduled" && status === "False") ?? [];
  return [
    ...containers.flatMap(({ image, state, lastState }) => [
      ...(state?.waiting?.reason &&
      state.waiting.reason !== "ContainerCreating" &&
      state.waiting.reason !== "PodInitializing"
        ? [`${state.waiting.reason}: ${state.waiting.message ?? image}`]
        : []),
      ...(lastState?.terminated?.reason === "OOMKilled" ? [`OOMKilled: ${image}`] : []),
    ]),
    ...conditions.map(({ reason, message }) => `${reason ?? ""}: ${message ?? ""}`),
  ];
}
