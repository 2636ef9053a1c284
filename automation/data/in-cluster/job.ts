import path from "node:path";
import { RESTRICTED_CONTAINER } from "../../../components/kubernetes/pod-security.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { FILES, IN_VAIN, type Work } from "./work.ts";

/** The label of a Job and its pods by which a run finds one of before: a digest of what is asked. */
export const WORK_LABEL = "vision-platform/data-work";
/** Where the Job's temporary objects lie. */
export const FOLDER_ANNOTATION = "vision-platform/temporary";

const CONTAINER = "work";
/** The user `node` of Node's images. (github.com/nodejs/docker-node: docs/BestPractices.md) */
const USER = 1000;
const TRIES = 3;
/** Nothing that is left of a killed run stays for good. */
const KEPT_SECONDS = 3600;
const LONGEST_SECONDS = 2 * 24 * 3600;
const FOLDERS = {
  program: "/vision-platform/program",
  key: "/vision-platform/key",
  scratch: "/vision-platform/scratch",
  claim: "/vision-platform/claim",
};

export interface JobInput {
  name: string;
  namespace: string;
  /** Of {@link WORK_LABEL}. */
  digest: string;
  /** With its digest. */
  image: string;
  work: Work;
  /** Processors of nodes that the program's packages run on. Undefined: all. */
  processors: readonly string[] | undefined;
  /** Where the claim may be mounted. Default: anywhere. */
  node?: ClaimNode | undefined;
}

/** Where a claim that only one node may have at a time can be mounted: where it is now, or wherever all pods are together. */
export type ClaimNode = { name: string } | "one";

/**
 * The Job: a pod for each part, each tried three times. It begins suspended, since what its pods read goes with it, and so comes after it.
 * Program and work come as a ConfigMap, the key as a Secret; nothing of the cluster's API is in the pods.
 */
export function jobOf({ name, namespace, digest, image, work, processors, node }: JobInput) {
  const pods = work.parts.length;
  const memory = work.deep ? 3 * 1024 : 1024;
  const labels = { "app.kubernetes.io/managed-by": "vision-platform", [WORK_LABEL]: digest };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      ...{ name, namespace, labels },
      annotations: { [FOLDER_ANNOTATION]: `${work.temporary.bucket}/${work.temporary.folder}` },
    },
    spec: {
      suspend: true,
      completionMode: "Indexed",
      completions: pods,
      parallelism: pods,
      backoffLimitPerIndex: TRIES - 1,
      maxFailedIndexes: 0,
      activeDeadlineSeconds: LONGEST_SECONDS,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      podFailurePolicy: {
        rules: [
          {
            action: "FailJob",
            onExitCodes: { containerName: CONTAINER, operator: "In", values: [IN_VAIN] },
          },
          // A node that is drained takes no try away.
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        ],
      },
      template: {
        metadata: { labels },
        spec: {
          // Not OnFailure: the pod that failed stays, with what it said.
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 5,
          securityContext: {
            runAsNonRoot: true,
            // No fsGroup: for it a kubelet may change whose a claim's files are.
            ...{ runAsUser: USER, runAsGroup: USER },
            seccompProfile: { type: "RuntimeDefault" },
          },
          nodeSelector: {
            "kubernetes.io/os": "linux",
            ...(typeof node === "object" && { "kubernetes.io/hostname": node.name }),
          },
          affinity: {
            ...(processors && onProcessors(processors)),
            ...(node === "one" && together(digest)),
          },
          containers: [
            {
              name: CONTAINER,
              image,
              imagePullPolicy: "IfNotPresent",
              command: [
                "node",
                `--max-old-space-size=${memory / 2}`,
                `${FOLDERS.program}/${FILES.program}`,
                `${FOLDERS.program}/${FILES.work}`,
                `${FOLDERS.key}/${FILES.place}`,
                FOLDERS.scratch,
                ...(work.claim ? [path.posix.join(FOLDERS.claim, work.claim.folder)] : []),
              ],
              resources: {
                requests: { cpu: "250m", memory: `${memory / 4}Mi` },
                limits: { memory: `${memory}Mi` },
              },
              securityContext: { ...RESTRICTED_CONTAINER, readOnlyRootFilesystem: true },
              terminationMessagePolicy: "FallbackToLogsOnError",
              volumeMounts: [
                { name: "program", mountPath: FOLDERS.program, readOnly: true },
                { name: "key", mountPath: FOLDERS.key, readOnly: true },
                { name: "scratch", mountPath: FOLDERS.scratch },
                ...(work.claim ? [{ name: "claim", mountPath: FOLDERS.claim, readOnly: true }] : []),
              ],
            },
          ],
          volumes: [
            { name: "program", configMap: { name } },
            { name: "key", secret: { secretName: name, defaultMode: 0o444 } },
            { name: "scratch", emptyDir: {} },
            ...(work.claim
              ? [{ name: "claim", persistentVolumeClaim: { claimName: work.claim.name, readOnly: true } }]
              : []),
          ],
        },
      },
    },
  };
}

export type JobObject = ReturnType<typeof jobOf>;

/**
 * What the pods of a Job read. It goes when the Job does.
 * @param uid that the Job was given
 */
export function filesOf(
  { metadata: { name, namespace, labels } }: Pick<JobObject, "metadata">,
  uid: string,
  { program, work, place }: { program: string; work: Work; place: S3Place },
) {
  const owner = { apiVersion: "batch/v1", kind: "Job", name, uid };
  const metadata = { name, namespace, labels, ownerReferences: [owner] };
  return {
    configMap: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { [FILES.program]: program, [FILES.work]: JSON.stringify(work) },
    },
    secret: { apiVersion: "v1", kind: "Secret", metadata, stringData: { [FILES.place]: JSON.stringify(place) } },
  };
}

function onProcessors(values: readonly string[]) {
  const matchExpressions = [{ key: "kubernetes.io/arch", operator: "In", values: [...values] }];
  return {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  };
}

/** Pods of one work on one node. */
function together(digest: string) {
  const labelSelector = { matchLabels: { [WORK_LABEL]: digest } };
  const term = { labelSelector, topologyKey: "kubernetes.io/hostname" };
  return { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
}
