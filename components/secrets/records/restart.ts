import type { ClusterAccess } from "../../kubernetes/cluster.ts";
import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind } from "../../records/kind.ts";
import { restartReaders } from "../restart-readers.ts";

interface Inputs {
  connection: ClusterAccess & { namespace: string };
  /** A digest of what stands in each Secret, by its name. */
  digests: Record<string, string>;
  /** Workloads whose password it is: they start anew before those that sign in to them. */
  stores: string[];
  timeoutMs: number;
}

/**
 * That pods know what stands in the Secrets now. Nothing is done when it is made: who starts then reads what is there. So a stack of an
 * older version restarts nothing either.
 */
export const kind: ResourceKind<Inputs> = {
  secrets: ["digests"],
  create: (inputs) => Promise.resolve({ id: "restart", outs: inputs }),
  ...IN_STATE_ALONE,
  async update(_id, olds, news, { signal }) {
    const { connection, digests, stores, timeoutMs } = news;
    const changed = Object.keys(digests).filter(
      (name) => olds.digests[name] !== undefined && olds.digests[name] !== digests[name],
    );
    const { namespace, ...access } = connection;
    await restartReaders({ access, namespace, secrets: changed, stores, timeoutMs, signal });
    return news;
  },
  // An update that fails leaves the old digest in the state, so the next run tries again.
  diff: (olds, news) => ({ changed: changedKeys(["digests"], olds, news) }),
};
