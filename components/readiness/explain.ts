import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import type { Expectation, WaitedKind } from "./expectation.ts";
import { lastWordsIn } from "./last-words.ts";
import { keyOf, lastChange, type Snapshot } from "./snapshot.ts";

/** Why something does not get ready, in words, and what to do about it. */
export interface Obstacle {
  /** `Deployment/cvat-backend-server`. */
  object: string;
  reason: string;
  cure: string;
  /** Waiting changes nothing: somebody must change what is asked for, or what there is. */
  final?: boolean;
}

interface Cause {
  /** Recognises the cause in the reason and message of an event or of a waiting container. */
  pattern: RegExp;
  cure: string;
}

/** Known causes. The first row that fits counts, so the narrow ones come first. */
const CAUSES: readonly Cause[] = [
  {
    pattern: /violates PodSecurity.*configure-sysctl/,
    cure: "Set vision-platform:clearml.elasticsearch.sysctlInit: false and vm.max_map_count=262144 on the nodes, or take the label pod-security.kubernetes.io/enforce off the namespace.",
  },
  {
    pattern: /violates PodSecurity/,
    cure: "The namespace's label pod-security.kubernetes.io/enforce refuses this pod: CVAT and ClearML meet `baseline` (ClearML with elasticsearch.sysctlInit: false), not `restricted`.",
  },
  {
    pattern: /no match for platform in manifest|exec format error/,
    cure: "The image is not made for this node's processor: keep such nodes for others (kubectl taint nodes NAME kubernetes.io/arch=arm64:NoSchedule), then delete the pod.",
  },
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
  // What OAuth2 Proxy 7.15 ends with. (pkg/validation/sessions.go; pkg/providers/oidc/provider.go)
  {
    pattern: /redis initialization key|error initialising session store/,
    cure: "Sign-in's proxy does not reach its sessions, or they have another password: see whether Deployment cvat-sso-sessions is ready. When it is, the proxy's next start finds it.",
  },
  {
    pattern: /issuer did not match|issuer URL provided to client/,
    cure: "vision-platform:sso.issuer is not what the issuer calls itself: write it as its discovery document does, with or without the slash at the end.",
  },
  {
    pattern: /(OIDC|openid-configuration).*certificate signed by unknown authority/s,
    cure: "The issuer's certificate is of no authority that sign-in's proxy knows: give the certificate of its own as vision-platform:sso.issuerCa.",
  },
  {
    pattern: /OIDC [Dd]iscovery|OIDC ProviderVerifier|openid-configuration/,
    cure: "The pod does not reach the issuer: its name must lead to it from inside the cluster, too (for a Keycloak there is vision-platform:sso.internalIssuer), and its certificate must be one that programs trust.",
  },
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
    pattern: /service can not have both/,
    cure: "Take spec.loadBalancerIP out of the Service, or out of what sets it (K3s' HelmChartConfig for Traefik): MetalLB takes it or the annotation, not both.",
  },
  {
    pattern: /not compatible for ip assignment/,
    cure: "The pool with this address is kept for other namespaces or Services (spec.serviceAllocation of the IPAddressPool): let it serve this one, or take an address of another pool.",
  },
  {
    pattern: /can't change sharing key|is already in use on/,
    cure: "Another Service holds this address: take one that is free, or give that Service another (kubectl get services -A).",
  },
  {
    pattern: /AllocationFailed|LoadBalancerFailed|no available IPs/,
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

/** Warnings that are no trouble: ours about an annotation that older MetalLBs need, and retries of the controllers that write endpoints. */
const NO_TROUBLE = /^(deprecatedAnnotation|FailedToUpdateEndpoint(Slices)?)$/;

/** What MetalLB says once and does not try again by itself. (metallb: controller/main.go, SyncStateErrorNoRetry) */
const NOT_RETRIED = /^(AllocationFailed|LoadBalancerFailed): /;

/** Events so near to each other are of one happening: then the order of {@link CAUSES} says which is the most telling. */
const TOGETHER_MS = 10_000;

/**
 * What holds up the given objects, from the pods and the warning events of their namespace. One obstacle per object: the state of its pods
 * before what was said, the newest of what was said, and nothing from before the object's last change.
 */
export function obstacles(
  waiting: readonly Expectation[],
  pods: readonly V1Pod[],
  events: readonly CoreV1Event[],
  snapshot: Snapshot = new Map(),
): Obstacle[] {
  const troubled = pods.filter((pod) => !isReady(pod));
  const names = new Set(troubled.map(({ metadata }) => metadata?.name));
  // Events outlive their object by an hour, and the trouble of a pod that is ready since.
  const warnings = events.filter(
    ({ type, reason, involvedObject: { kind, name } }) =>
      type !== "Normal" && !NO_TROUBLE.test(reason ?? "") && (kind !== "Pod" || names.has(name)),
  );
  return waiting.flatMap((expected) => {
    const changed = lastChange(snapshot.get(keyOf(expected.kind, expected.name)) ?? {});
    const about = warnings.filter(
      (event) =>
        belongs(event.involvedObject.kind, event.involvedObject.name, expected) &&
        (event.involvedObject.kind === "Pod" || (timeOf(event) ?? changed) >= changed),
    );
    const reasons = [
      ...troubled.filter((pod) => belongs("Pod", pod.metadata?.name, expected)).flatMap(troublesOf),
      ...newest(about).map((event) => `${event.reason ?? ""}: ${event.message ?? ""}`),
    ];
    const found = CAUSES.flatMap((cause) =>
      reasons.filter((reason) => cause.pattern.test(reason)).map((reason) => ({ reason, cure: cause.cure })),
    );
    const first = found[0] ?? (reasons[0] === undefined ? undefined : { reason: reasons[0], cure: ANY_CAUSE });
    if (first === undefined) return [];
    const final =
      expected.kind === "Service" && (expected.addresses?.length ?? 0) > 0 && NOT_RETRIED.test(first.reason);
    return [{ object: `${expected.kind}/${expected.name}`, ...first, ...(final && { final }) }];
  });
}

/** The newest of these events and those just before it, newest first. */
function newest(events: readonly CoreV1Event[]): CoreV1Event[] {
  const last = Math.max(...events.map((event) => timeOf(event) ?? 0));
  return events
    .filter((event) => (timeOf(event) ?? 0) >= last - TOGETHER_MS)
    .sort((one, other) => (timeOf(other) ?? 0) - (timeOf(one) ?? 0));
}

/** When an event was said last, in milliseconds since 1970. One that repeats is counted up, and its first time stays. */
function timeOf(event: CoreV1Event): number | undefined {
  const times = [event.series?.lastObservedTime, event.lastTimestamp, event.eventTime, event.firstTimestamp];
  // The API has null for those that are not set.
  const time = times.find(Boolean);
  return time === undefined ? undefined : Number(new Date(time));
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
      ...[lastState, state].flatMap((at) => {
        const words = at?.terminated?.exitCode ? lastWordsIn(at.terminated.message) : undefined;
        return words === undefined ? [] : [`it ended with: ${words}`];
      }),
    ]),
    ...conditions.map(({ reason, message }) => `${reason ?? ""}: ${message ?? ""}`),
  ];
}
