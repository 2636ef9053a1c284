import type { CoreV1Event, KubernetesObject, V1Pod } from "@kubernetes/client-node";
import pRetry from "p-retry";
import type { ClusterAccess } from "../cluster.ts";
import { kubeConfig } from "../kube-config.ts";
import { WAITED_KINDS, type WaitedKind } from "./expectation.ts";
import { keyOf, type Snapshot } from "./snapshot.ts";

/** Reads one namespace for the readiness gate. */
export interface NamespaceReader {
  /** Lists the given kinds, side by side. */
  snapshot(kinds: ReadonlySet<WaitedKind>): Promise<Snapshot>;
  pods(): Promise<V1Pod[]>;
  events(): Promise<CoreV1Event[]>;
}

/** A reader over the API server. The client library is loaded here, since a preview never waits and should not pay for it. */
export async function namespaceReader(access: ClusterAccess, namespace: string): Promise<NamespaceReader> {
  const { KubernetesObjectApi } = await import("@kubernetes/client-node");
  const objects = KubernetesObjectApi.makeApiClient(await kubeConfig(access));
  // An API server that restarts (K3s on one node) must not end a wait of minutes.
  const list = async <T extends KubernetesObject>(apiVersion: string, kind: string): Promise<T[]> =>
    (await pRetry(() => objects.list<T>(apiVersion, kind, namespace), { retries: 5, maxTimeout: 10_000 })).items;
  return {
    async snapshot(kinds) {
      const lists = await Promise.all(
        [...kinds].map(async (kind) =>
          (await list(WAITED_KINDS[kind], kind)).map(
            (object) => [keyOf(kind, object.metadata?.name ?? ""), object] as const,
          ),
        ),
      );
      return new Map(lists.flat());
    },
    pods: () => list<V1Pod>("v1", "Pod"),
    events: () => list<CoreV1Event>("v1", "Event"),
  };
}
