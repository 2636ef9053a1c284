import type { CoreV1Event, KubeConfig, V1Deployment, V1Pod } from "@kubernetes/client-node";
import { obstacles, type Obstacle } from "../../readiness/explain.ts";
import { keyOf, stateOf, type State } from "../../readiness/snapshot.ts";
import { FUNCTION_LABEL, NUCLIO_DEPLOYMENTS, objectOf } from "../names.ts";

/** What Nuclio made of functions in the cluster, as the API server has it. */
export interface FunctionObjects {
  /** The Deployment of a function; undefined when there is none. */
  deployment(name: string): Promise<V1Deployment | undefined>;
  /** Every Deployment of a function, by the function's name. */
  deployments(): Promise<Record<string, V1Deployment>>;
  /** What keeps the pods of a function from running. */
  obstacles(name: string): Promise<Obstacle[]>;
  /** Nuclio's own Deployments that are not rolled out, each with what is lacking. */
  unready(): Promise<string[]>;
}

export async function functionObjects(config: KubeConfig, namespace: string): Promise<FunctionObjects> {
  const { ApiException, AppsV1Api, CoreV1Api } = await import("@kubernetes/client-node");
  const apps = config.makeApiClient(AppsV1Api);
  const core = config.makeApiClient(CoreV1Api);
  const read = async (name: string): Promise<V1Deployment | undefined> => {
    try {
      return await apps.readNamespacedDeployment({ name, namespace });
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw error;
    }
  };
  return {
    deployment: (name) => read(objectOf(name)),
    async deployments() {
      const { items } = await apps.listNamespacedDeployment({ namespace, labelSelector: FUNCTION_LABEL });
      return Object.fromEntries(items.map((one) => [one.metadata?.labels?.[FUNCTION_LABEL] ?? "", one]));
    },
    async obstacles(name) {
      const pods: V1Pod[] = (await core.listNamespacedPod({ namespace })).items;
      const events: CoreV1Event[] = (await core.listNamespacedEvent({ namespace })).items;
      return obstacles([{ kind: "Deployment", name: objectOf(name), stage: "workers" }], pods, events);
    },
    async unready() {
      const found = await Promise.all(
        NUCLIO_DEPLOYMENTS.map(async (name) => ({ name, ...rollout(name, await read(name)) })),
      );
      return found.filter(({ ready }) => !ready).map(({ name, detail }) => `${name}: ${detail}`);
    },
  };
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
