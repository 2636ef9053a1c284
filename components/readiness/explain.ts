import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import type { Expectation, WaitedKind } from "./expectation.ts";

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
    pattern: /ErrImagePull|ImagePullBackOff|InvalidImageName|Failed to pull image|Back-off pulling image/,
    cure: "Check the image's name and tag, whether its registry is reachable from the node, and whether it wants a pull secret.",
  },
  {
    pattern: /ErrImageNeverPull/,
    cure: "The image must be on the node already: import it there (k3s ctr images import), or let it be pulled.",
  },
  {
    pattern: /CreateContainer(Config)?Error/,
    cure: "A Secret, a ConfigMap or the user the container runs as is not what it needs: see the message.",
  },
  { pattern: /OOMKilled/, cure: "Raise the memory limit of this container." },
  { pattern: /CrashLoopBackOff/, cure: "Read its log: kubectl logs --previous." },
  {
    pattern: /BackoffLimitExceeded|DeadlineExceeded/,
    cure: "It gave up. Read its log (kubectl logs job/NAME), cure that, delete the Job and run up again.",
  },
  {
    pattern: /Insufficient nvidia\.com\/gpu/,
    cure: "No node has a free GPU: check the device plugin and what else holds the GPU.",
  },
  { pattern: /Insufficient /, cure: "No node has that much left: lower the requests or add a node." },
  {
    pattern: /unbound immediate PersistentVolumeClaims|persistentvolumeclaim "[^"]*" not found/,
    cure: "It waits for its claim: see what holds that up (kubectl describe pvc).",
  },
  {
    pattern: /FailedMount|FailedAttachVolume|Multi-Attach/,
    cure: "The volume is held by another node or cannot be mounted: see the message and the storage's own pods.",
  },
  {
    pattern: /storageclass|ProvisioningFailed|no persistent volumes available/i,
    cure: "Set cluster.storageClass to a StorageClass of this cluster (kubectl get storageclass).",
  },
  {
    pattern: /AllocationFailed|no available IPs/,
    cure: "Give the Service an address that MetalLB's pool has and nobody else uses (kubectl get ipaddresspool -A).",
  },
  {
    pattern: /untolerated taint|node affinity|node selector/i,
    cure: "No node fits: check the node selector and the tolerations.",
  },
  {
    pattern: /Unhealthy|probe failed/,
    cure: "It runs but does not answer yet. If that lasts, read its log: kubectl logs.",
  },
];

const ANY_CAUSE = "Look at its events: kubectl describe.";

/** What holds up the given objects, from the pods and the warning events of their namespace. One obstacle per object, the most telling. */
export function obstacles(
  waiting: readonly Expectation[],
  pods: readonly V1Pod[],
  events: readonly CoreV1Event[],
): Obstacle[] {
  const troubled = pods.filter((pod) => !isReady(pod));
  const names = new Set(troubled.map(({ metadata }) => metadata?.name));
  // Events outlive their object by an hour, and the trouble of a pod that is ready since.
  const warnings = events.filter(
    ({ type, involvedObject: { kind, name } }) => type !== "Normal" && (kind !== "Pod" || names.has(name)),
  );
  return waiting.flatMap((expected) => {
    const reasons = [
      ...troubled.filter((pod) => belongs("Pod", pod.metadata?.name, expected)).flatMap(troublesOf),
      ...warnings
        .filter(({ involvedObject: { kind, name } }) => belongs(kind, name, expected))
        .map((event) => `${event.reason ?? ""}: ${event.message ?? ""}`),
    ];
    const found = CAUSES.flatMap((cause) =>
      reasons.filter((reason) => cause.pattern.test(reason)).map((reason) => ({ reason, cure: cause.cure })),
    );
    const first = found[0] ?? (reasons[0] === undefined ? undefined : { reason: reasons[0], cure: ANY_CAUSE });
    return first ? [{ object: `${expected.kind}/${expected.name}`, ...first }] : [];
  });
}

/**
 * The claims among these events that are bound only once a pod wants them (a StorageClass such as K3s' local-path), and that have no
 * trouble besides.
 */
export function claimsForFirstPod(events: readonly CoreV1Event[]): Set<string> {
  const about = events.filter(({ involvedObject }) => involvedObject.kind === "PersistentVolumeClaim");
  const troubled = new Set(
    about.filter(({ type }) => type !== "Normal").map(({ involvedObject }) => involvedObject.name),
  );
  const names = about
    .filter(({ reason }) => reason === "WaitForFirstConsumer" || reason === "WaitForPodScheduled")
    .map(({ involvedObject }) => involvedObject.name ?? "");
  return new Set(names.filter((name) => !troubled.has(name)));
}

/** Letters and digits of the suffixes that Kubernetes makes up: no vowel, so that they spell nothing. */
const SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]";
const ITSELF = /^$/;
const POD_OF_DEPLOYMENT = new RegExp(`^-${SUFFIX}{1,10}-${SUFFIX}{5}$`);
const REPLICA_SET = new RegExp(`^-${SUFFIX}{1,10}$`);
const POD_OF_JOB = new RegExp(`^(-\\d+)?-${SUFFIX}{5}$`);

/** The kinds whose events and states tell of a waited one, with what their names have behind its own. */
const PARTS: Record<WaitedKind, Readonly<Record<string, RegExp>>> = {
  Deployment: { Deployment: ITSELF, ReplicaSet: REPLICA_SET, Pod: POD_OF_DEPLOYMENT },
  StatefulSet: { StatefulSet: ITSELF, Pod: /^-\d+$/ },
  Job: { Job: ITSELF, Pod: POD_OF_JOB },
  PersistentVolumeClaim: { PersistentVolumeClaim: ITSELF },
  Service: { Service: ITSELF },
  Ingress: { Ingress: ITSELF },
};

function belongs(kind: string | undefined, name: string | undefined, owner: Expectation): boolean {
  const suffix = PARTS[owner.kind][kind ?? ""];
  return suffix !== undefined && name?.startsWith(owner.name) === true && suffix.test(name.slice(owner.name.length));
}

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
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
      ...([state, lastState].some((at) => at?.terminated?.reason === "OOMKilled") ? [`OOMKilled: ${image}`] : []),
    ]),
    ...conditions.map(({ reason, message }) => `${reason ?? ""}: ${message ?? ""}`),
  ];
}
