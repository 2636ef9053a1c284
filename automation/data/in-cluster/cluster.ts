import {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import type { KubeConfig, KubernetesObject, V1Job, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { mountsClaim } from "../../../components/kubernetes/mounts.ts";
import { podHasEnded } from "../../../components/kubernetes/pod-phase.ts";
import { UserError } from "../../../components/program/errors.ts";
import { patiently } from "../../../components/rest/patience.ts";
import { until } from "../../../components/rest/until.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { filesOf, FOLDER_ANNOTATION, WORK_LABEL, type JobObject } from "./job.ts";
import { FILES, type Work } from "./work.ts";

const MERGE_PATCH = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
/** A pod has 5 s to end. */
const GONE_WITHIN_MS = 60_000;

/** Jobs of data work in one namespace, with the rights of the person's kubeconfig. */
export class WorkCluster {
  readonly namespace: string;
  private readonly batch: BatchV1Api;
  private readonly core: CoreV1Api;
  private readonly objects: KubernetesObjectApi;

  constructor(config: KubeConfig, namespace: string) {
    this.namespace = namespace;
    this.batch = config.makeApiClient(BatchV1Api);
    this.core = config.makeApiClient(CoreV1Api);
    this.objects = KubernetesObjectApi.makeApiClient(config);
  }

  /** Jobs of data work. @param digest of one work. Default: all */
  async jobs(digest?: string): Promise<V1Job[]> {
    const labelSelector = digest === undefined ? WORK_LABEL : `${WORK_LABEL}=${digest}`;
    const { items } = await this.asked("list Jobs", () =>
      this.batch.listNamespacedJob({ namespace: this.namespace, labelSelector }),
    );
    return items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  }

  /** Makes a Job with what its pods read, and lets it begin. What is made of it before something fails is removed. */
  async begin(job: JobObject, files: { program: string; work: Work; place: S3Place }): Promise<void> {
    const { namespace } = this;
    const { name } = job.metadata;
    const made: KubernetesObject = await this.asked("make a Job", () => this.objects.create(job), 1);
    try {
      const { configMap, secret } = filesOf(job, made.metadata?.uid ?? "", files);
      await this.asked("make a Secret", () => this.objects.create(secret), 1);
      await this.asked("make a ConfigMap", () => this.objects.create(configMap), 1);
      const body = { spec: { suspend: false } };
      await this.asked("change a Job", () => this.batch.patchNamespacedJob({ namespace, name, body }, MERGE_PATCH));
    } catch (error) {
      await this.remove(name);
      throw error;
    }
  }

  /** The work of a Job; undefined where it was not told all of it. */
  async workOf(name: string): Promise<Work | undefined> {
    const { namespace } = this;
    const read = () => this.core.readNamespacedConfigMap({ namespace, name });
    const map = await this.asked("read a ConfigMap", () => read().catch(nothingWhereMissing));
    const text = map?.data?.[FILES.work];
    return text === undefined ? undefined : (JSON.parse(text) as Work);
  }

  /** A Job and its pods; undefined when it is gone. */
  async look(name: string): Promise<{ job: V1Job; pods: V1Pod[] } | undefined> {
    const { namespace } = this;
    const job = await this.asked("read a Job", () =>
      this.batch.readNamespacedJob({ namespace, name }).catch(nothingWhereMissing),
    );
    if (job === undefined || job.metadata?.deletionTimestamp !== undefined) return undefined;
    return { job, pods: await this.podsOf(name) };
  }

  /** A claim; undefined where there is none of the name. */
  async claim(name: string): Promise<V1PersistentVolumeClaim | undefined> {
    const { namespace } = this;
    return this.asked("read claims", () =>
      this.core.readNamespacedPersistentVolumeClaim({ namespace, name }).catch(nothingWhereMissing),
    );
  }

  /** The node where a pod that runs has a claim. */
  async nodeOfClaim(name: string): Promise<string | undefined> {
    const { items } = await this.asked("list pods", () =>
      this.core.listNamespacedPod({ namespace: this.namespace, fieldSelector: "status.phase=Running" }),
    );
    return items.find((pod) => mountsClaim(pod, name))?.spec?.nodeName;
  }

  /** Why the cluster makes no pods of a Job, by what it says itself. */
  async refusalOf(name: string): Promise<string | undefined> {
    const fieldSelector = `involvedObject.kind=Job,involvedObject.name=${name},type=Warning`;
    const { items } = await this.core
      .listNamespacedEvent({ namespace: this.namespace, fieldSelector })
      .catch(() => ({ items: [] }));
    return items.at(-1)?.message;
  }

  /** Removes a Job, its pods and what they read, and waits for the pods' end. */
  async remove(name: string): Promise<void> {
    const { namespace } = this;
    await this.asked("remove a Job", () =>
      this.batch.deleteNamespacedJob({ namespace, name, propagationPolicy: "Background" }).catch(nothingWhereMissing),
    );
    await until(() => this.podsOf(name), {
      isDone: (pods) => pods.every(podHasEnded),
      everyMs: 300,
      withinMs: GONE_WITHIN_MS,
    });
  }

  private async podsOf(name: string): Promise<V1Pod[]> {
    const labelSelector = `batch.kubernetes.io/job-name=${name}`;
    const { items } = await this.asked("list pods", () =>
      this.core.listNamespacedPod({ namespace: this.namespace, labelSelector }),
    );
    return items.sort((one, other) => createdAt(one) - createdAt(other));
  }

  /** Asks again where it may pass. What makes something is asked once. @throws UserError where it does not */
  private async asked<T>(what: string, ask: () => Promise<T>, attempts = 5): Promise<T> {
    try {
      return await patiently(ask, {
        attempts,
        firstPauseMs: 300,
        mayPass: (error) => !(error instanceof ApiException) || error.code >= 500 || error.code === 429,
      });
    } catch (error) {
      throw new UserError(refusal(what, this.namespace, error), { cause: error });
    }
  }
}

/** Where a Job's temporary objects lie: `BUCKET/FOLDER`. */
export const folderOfJob = ({ metadata }: V1Job): string => metadata?.annotations?.[FOLDER_ANNOTATION] ?? "";

const createdAt = ({ metadata }: V1Pod) => metadata?.creationTimestamp?.getTime() ?? 0;

function nothingWhereMissing(error: unknown): undefined {
  if (error instanceof ApiException && error.code === 404) return undefined;
  throw error;
}

/** What the API server did not do, and what to do about it. */
export function refusal(what: string, namespace: string, error: unknown): string {
  if (!(error instanceof ApiException))
    return `The API server does not answer (${error instanceof Error ? error.message : String(error)}). See whether the kubeconfig leads to it.`;
  const told = messageOf(error);
  if (error.code === 404 && /namespaces? /.test(told))
    return `There is no namespace ${namespace} in the cluster: npm run platform -- up makes it.`;
  if (error.code === 403 && told.includes(" cannot "))
    return `The kubeconfig's user may not ${what} in namespace ${namespace} (${told}). Ask whoever runs the cluster for the rights on jobs, pods, secrets and configmaps there, or leave --in-cluster out.`;
  return `The API server does not ${what} in namespace ${namespace}: ${told || `it answers ${error.code}`}.`;
}

function messageOf({ body }: ApiException<unknown>): string {
  const parsed = typeof body === "string" ? parsedOr(body) : body;
  const message = typeof parsed === "object" && parsed !== null && "message" in parsed ? parsed.message : parsed;
  return typeof message === "string" ? message.trim().replace(/\.$/, "") : "";
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
