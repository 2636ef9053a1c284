import { apiServer, type Send } from "../kubernetes/api-server.ts";
import type { ClusterAccess } from "../kubernetes/cluster.ts";
import { UserError } from "../program/errors.ts";
import { kubeConfig } from "../kubernetes/kube-config.ts";
import { namespaceReader } from "../readiness/client.ts";
import type { Expectation } from "../readiness/expectation.ts";
import { waitUntilReady } from "../readiness/gate.ts";

export interface RestartOptions {
  access: ClusterAccess;
  namespace: string;
  /** Names of the Secrets that changed. */
  secrets: readonly string[];
  /** Names of workloads that start anew, and are ready, before the others do. */
  stores: readonly string[];
  /** Milliseconds until all must be ready again, the stores first and then the others. */
  timeoutMs: number;
  /** Ends the wait. Default: nothing does. */
  signal?: AbortSignal;
}

interface Workload {
  kind: "Deployment" | "StatefulSet";
  name: string;
}

interface Named {
  name?: string;
}

interface Container {
  env?: { valueFrom?: { secretKeyRef?: Named } }[];
  envFrom?: { secretRef?: Named }[];
}

/** Where a pod reads Secrets. */
export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: { secret?: { secretName?: string }; projected?: { sources?: { secret?: Named }[] } }[];
}

const WITHIN_MS = 30_000;

/** Owner of the one field that is set here, which is no field of ours: kubectl sets it for `rollout restart`. */
const FIELD_MANAGER = "vision-platform-restart";
const RESTARTED = "kubectl.kubernetes.io/restartedAt";

/** Has every workload of a namespace that reads one of the Secrets start its pods anew, as `kubectl rollout restart` does, and waits. */
export async function restartReaders({
  access,
  namespace,
  secrets,
  stores,
  timeoutMs,
  signal,
}: RestartOptions): Promise<void> {
  if (secrets.length === 0) return;
  const send = apiServer(await kubeConfig(access), signal);
  const readers = await readersOf(send, namespace, secrets);
  const isStore = ({ name }: Workload) => stores.includes(name);
  for (const [stage, part] of [
    ["databases", readers.filter(isStore)],
    ["workers", readers.filter((reader) => !isStore(reader))],
  ] as const) {
    for (const workload of part) await restart(send, namespace, workload);
    await waitUntilReady({
      title: `Restart after a change of ${secrets.join(", ")}`,
      expectations: part.map((workload): Expectation => ({ ...workload, stage })),
      timeoutMs,
      timeoutKey: "vision-platform:cluster.readyTimeout",
      reader: await namespaceReader(access, namespace, { signal }),
      say: () => undefined,
      signal,
    });
  }
}

async function readersOf(send: Send, namespace: string, secrets: readonly string[]): Promise<Workload[]> {
  const kinds = ["StatefulSet", "Deployment"] as const;
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const { items } = (await ask(send, "GET", pathOf(namespace, kind))) as {
        items: { metadata: { name: string }; spec: { template: { spec: PodSpec } } }[];
      };
      return items
        .filter(({ spec }) => secretsReadBy(spec.template.spec).some((name) => secrets.includes(name)))
        .map(({ metadata: { name } }): Workload => ({ kind, name }));
    }),
  );
  return lists.flat();
}

/** The Secrets that a pod's containers read, as environment or as files. */
export function secretsReadBy({ containers, initContainers = [], volumes = [] }: PodSpec): string[] {
  const environment = [...containers, ...initContainers].flatMap(({ env = [], envFrom = [] }) => [
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ...envFrom.map(({ secretRef }) => secretRef?.name),
  ]);
  const files = volumes.flatMap(({ secret, projected }) => [
    secret?.secretName,
    ...(projected?.sources ?? []).map((source) => source.secret?.name),
  ]);
  return [...environment, ...files].filter((name) => name !== undefined);
}

async function restart(send: Send, namespace: string, { kind, name }: Workload): Promise<void> {
  const annotations = { [RESTARTED]: new Date().toISOString() };
  const body = { spec: { template: { metadata: { annotations } } } };
  await ask(send, "PATCH", `${pathOf(namespace, kind)}/${name}?fieldManager=${FIELD_MANAGER}`, body);
}

const pathOf = (namespace: string, kind: Workload["kind"]) =>
  `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s`;

async function ask(send: Send, method: "GET" | "PATCH", path: string, body?: unknown): Promise<unknown> {
  const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/merge-patch+json" };
  const { status, text } = await send({ method, path, headers, body, timeoutMs: WITHIN_MS });
  if (status < 300) return JSON.parse(text);
  throw new UserError(
    `The pods that read a changed Secret cannot be restarted: the API server answers ${status} to ${method} ${path}.`,
  );
}
