import type { CoreV1Event, KubernetesObject, V1Pod } from "@kubernetes/client-node";
import { apiServer, listOf, Unreached, type Send } from "../kubernetes/api-server.ts";
import type { ClusterAccess } from "../kubernetes/cluster.ts";
import { kubeConfig } from "../kubernetes/kube-config.ts";
import { CONFIGURATION_STATES, poolTrouble, type ConfigurationState } from "../kubernetes/metallb-state.ts";
import { patiently } from "../rest/patience.ts";
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

export interface ReaderOptions {
  /** Ends what is asked, which then throws its reason. Default: nothing does. */
  signal?: AbortSignal | undefined;
  /** How often one list is asked for. Default: six times in half a minute. */
  attempts?: number;
}

const ANSWERS_WITHIN_MS = 10_000;
/** An API server that restarts (K3s on one node) must not end a wait of minutes. */
const ATTEMPTS = 6;

/** A reader over the API server. */
export async function namespaceReader(
  access: ClusterAccess,
  namespace: string,
  { signal, attempts = ATTEMPTS }: ReaderOptions = {},
): Promise<NamespaceReader> {
  const send = apiServer(await kubeConfig(access), signal);
  const list = <T extends KubernetesObject>(folder: string, plural: string): Promise<T[]> =>
    patiently(() => itemsOf<T>(send, `${folder}/namespaces/${namespace}/${plural}`), {
      attempts,
      firstPauseMs: 1_000,
      longestPauseMs: 10_000,
      signal,
      mayPass: (error) => !(error instanceof Unreached && isRefusal(error.status)),
    });
  return {
    async snapshot(kinds) {
      const lists = await Promise.all(
        [...kinds].map(async (kind) => {
          const { api, plural } = WAITED_KINDS[kind];
          const items = await list(api, plural);
          return items.map((object) => [keyOf(kind, object.metadata?.name ?? ""), object] as const);
        }),
      );
      return new Map(lists.flat());
    },
    pods: () => list<V1Pod>("/api/v1", "pods"),
    events: () => list<CoreV1Event>("/api/v1", "events"),
    async poolTrouble() {
      const asked = listOf<ConfigurationState>(send, CONFIGURATION_STATES, ANSWERS_WITHIN_MS);
      // It is asked for beside events, which told the rest.
      const found = await asked.catch(() => undefined);
      signal?.throwIfAborted();
      return found && "items" in found ? poolTrouble(found.items) : undefined;
    },
  };
}

async function itemsOf<T>(send: Send, path: string): Promise<T[]> {
  const found = await listOf<T>(send, path, ANSWERS_WITHIN_MS);
  if ("items" in found) return found.items;
  throw new Unreached(REFUSED[found.lacks](path), { status: found.lacks === "right" ? 403 : 404 });
}

const REFUSED = {
  right: (path: string) => `the kubeconfig's user may not list ${path}`,
  kind: (path: string) => `the API server does not know ${path}`,
} as const;

/** What another try answers alike. An API server that starts may not know its users yet, and so answers 401. */
const isRefusal = (status: number | undefined) => status !== undefined && [400, 403, 404].includes(status);
