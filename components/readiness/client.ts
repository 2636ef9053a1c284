import type { CoreV1Event, KubernetesObject, V1Pod } from "@kubernetes/client-node";
import pRetry from "p-retry";
import { apiServer, listOf } from "../api-server.ts";
import type { ClusterAccess } from "../cluster.ts";
import { kubeConfig } from "../kube-config.ts";
import { CONFIGURATION_STATES, poolTrouble, type ConfigurationState } from "../metallb-state.ts";
import { WAITED_KINDS, type WaitedKind } from "./expectation.ts";
import { keyOf, type Snapshot } from "./snapshot.ts";

/** Reads one namespace for the readiness gate. */
export interface NamespaceReader {
  /** Lists the given kinds, side by side. */
  snapshot(kinds: ReadonlySet<WaitedKind>): Promise<Snapshot>;
  pods(): Promise<V1Pod[]>;
  events(): Promise<CoreV1Event[]>;
  /** Why MetalLB did not take its pools as they are now. Undefined where it did, or does not say (before 0.16). */
  poolTrouble?(): Promise<string | undefined>;
}

const ANSWERS_WITHIN_MS = 10_000;

/** A reader over the API server. The client library is loaded here, since a preview never waits and should not pay for it. */
export async function namespaceReader(access: ClusterAccess, namespace: string): Promise<NamespaceReader> {
  const { KubernetesObjectApi } = await import("@kubernetes/client-node");
  const config = await kubeConfig(access);
  const objects = KubernetesObjectApi.makeApiClient(config);
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
    async poolTrouble() {
      const asked = listOf<ConfigurationState>(apiServer(config), CONFIGURATION_STATES, ANSWERS_WITHIN_MS);
      // It is asked for beside events, which told the rest.
      const found = await asked.catch(() => undefined);
      return found && "items" in found ? poolTrouble(found.items) : undefined;
    },
  };
}
