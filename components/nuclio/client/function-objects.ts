import type {
  ConfigurationOptions,
  CoreV1Event,
  KubeConfig,
  ObservableMiddleware,
  V1Deployment,
  V1Pod,
} from "@kubernetes/client-node";
import { apiServer, type Send } from "../../kubernetes/api-server.ts";
import { limitedTo } from "../../rest/ending.ts";
import { obstacles, type Obstacle } from "../../readiness/explain.ts";
import { keyOf, lastChange, stateOf, type State } from "../../readiness/snapshot.ts";
import { DASHBOARD_PODS, FUNCTION_LABEL, NUCLIO_DEPLOYMENTS, objectOf } from "../names.ts";
import { interventions, type Interventions } from "./interventions.ts";

/** What Nuclio made of functions in the cluster, as the API server has it. */
export interface FunctionObjects extends Interventions {
  /** The Deployment of a function; undefined when there is none. */
  deployment(name: string): Promise<V1Deployment | undefined>;
  /** Every Deployment of a function, by the function's name. */
  deployments(): Promise<Record<string, V1Deployment>>;
  /** Names of the functions that have a Service. */
  services(): Promise<ReadonlySet<string>>;
  /** The pods of a function. */
  pods(name: string): Promise<V1Pod[]>;
  /** What keeps the pods of a function from running. */
  obstacles(name: string): Promise<Obstacle[]>;
  /** Nuclio's own Deployments that are not rolled out, each with what is lacking. */
  unready(): Promise<string[]>;
  /** When each function was changed last, in milliseconds since 1970, by its name: what its author and its build wrote. */
  changes(): Promise<Record<string, number>>;
  /** When the dashboard that runs longest was started, in milliseconds since 1970; undefined where none runs. */
  dashboardSince(): Promise<number | undefined>;
}

/** @param ends breaks off what is asked. Default: nothing does. */
export async function functionObjects(
  config: KubeConfig,
  namespace: string,
  ends?: AbortSignal,
): Promise<FunctionObjects> {
  const { ApiException, AppsV1Api, CoreV1Api, Observable } = await import("@kubernetes/client-node");
  const apps = config.makeApiClient(AppsV1Api);
  const core = config.makeApiClient(CoreV1Api);
  // The client library gives a request neither a limit nor an end of its own.
  const endedBy = (signal: AbortSignal): ObservableMiddleware => ({
    pre(context) {
      context.setSignal(signal);
      return new Observable(Promise.resolve(context));
    },
    post: (response) => new Observable(Promise.resolve(response)),
  });
  const limited = <T>(ask: (options: ConfigurationOptions) => Promise<T>): Promise<T> =>
    limitedTo(WITHIN_MS, ends, (signal) => ask({ middleware: [endedBy(signal)], middlewareMergeStrategy: "append" }));
  const send = apiServer(config, ends);
  const read = async (name: string): Promise<V1Deployment | undefined> => {
    try {
      return await limited((options) => apps.readNamespacedDeployment({ name, namespace }, options));
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw error;
    }
  };
  return {
    ...interventions(send, namespace),
    deployment: (name) => read(objectOf(name)),
    async deployments() {
      const { items } = await limited((options) =>
        apps.listNamespacedDeployment({ namespace, labelSelector: FUNCTION_LABEL }, options),
      );
      return Object.fromEntries(items.map((one) => [one.metadata?.labels?.[FUNCTION_LABEL] ?? "", one]));
    },
    async services() {
      const { items } = await limited((options) =>
        core.listNamespacedService({ namespace, labelSelector: FUNCTION_LABEL }, options),
      );
      return new Set(items.map(({ metadata }) => metadata?.labels?.[FUNCTION_LABEL] ?? ""));
    },
    async pods(name) {
      return (
        await limited((options) =>
          core.listNamespacedPod({ namespace, labelSelector: `${FUNCTION_LABEL}=${name}` }, options),
        )
      ).items;
    },
    async obstacles(name) {
      const pods: V1Pod[] = (await limited((options) => core.listNamespacedPod({ namespace }, options))).items;
      const events: CoreV1Event[] = (await limited((options) => core.listNamespacedEvent({ namespace }, options)))
        .items;
      return obstacles([{ kind: "Deployment", name: objectOf(name), stage: "workers" }], pods, events);
    },
    async unready() {
      const found = await Promise.all(
        NUCLIO_DEPLOYMENTS.map(async (name) => ({ name, ...rollout(name, await read(name)) })),
      );
      return found.filter(({ ready }) => !ready).map(({ name, detail }) => `${name}: ${detail}`);
    },
    changes: () => changesIn(send, namespace),
    async dashboardSince() {
      const { items } = await limited((options) =>
        core.listNamespacedPod({ namespace, labelSelector: DASHBOARD_PODS }, options),
      );
      const starts = items.flatMap(({ status }) =>
        (status?.containerStatuses ?? []).flatMap(({ state }) => state?.running?.startedAt ?? []),
      );
      return starts.length === 0 ? undefined : Math.min(...starts.map((at) => Number(new Date(at))));
    },
  };
}

const WITHIN_MS = 30_000;

async function changesIn(send: Send, namespace: string): Promise<Record<string, number>> {
  const path = `/apis/nuclio.io/v1beta1/namespaces/${namespace}/nucliofunctions`;
  const { status, text } = await send({ method: "GET", path, timeoutMs: WITHIN_MS });
  if (status !== 200) return {};
  const { items } = JSON.parse(text) as { items: Parameters<typeof lastChange>[0][] };
  return Object.fromEntries(items.map((one) => [one.metadata?.name ?? "", lastChange(one)]));
}

/** How far the rollout of a Deployment is. Nuclio's `ready` may be older than the newest one. (nuclio.md, 2c) */
export function rollout(name: string, deployment: V1Deployment | undefined): State {
  const state = stateOf("Deployment", name, new Map(deployment ? [[keyOf("Deployment", name), deployment]] : []));
  const status = deployment?.status;
  // An old pod that is still there counts as available, and hides a new one that is not.
  return state.ready && (status?.replicas ?? 0) > (status?.updatedReplicas ?? 0)
    ? { ready: false, detail: "the new pods are not ready yet" }
    : state;
}
