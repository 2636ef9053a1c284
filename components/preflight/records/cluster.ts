import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind } from "../../records/kind.ts";

interface Inputs {
  /** UID of Namespace kube-system. */
  uid: string;
}

/** Keeps in state which cluster the lab lies in. It stands for nothing in the cluster, so nothing is asked or done. */
export const kind: ResourceKind<Inputs> = {
  create: (inputs) => Promise.resolve({ id: inputs.uid, outs: inputs }),
  ...IN_STATE_ALONE,
  update: (_id, _olds, news) => Promise.resolve(news),
  diff: (olds, news) => ({ changed: changedKeys(["uid"], olds, news) }),
};
