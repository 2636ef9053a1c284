import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind } from "../../records/kind.ts";

interface Inputs {
  /** UID of Namespace kube-system. */
  uid: string;
}

/** Keeps in state which cluster the lab lies in. It stands for nothing in the cluster, so nothing is asked or done. */
export const kind: ResourceKind<Inputs> = {
  create: (inputs) => Promise.resolve({ id: inputs.uid, outs: inputs }),
  read: (id, outs) => Promise.resolve({ id, outs }),
  update: (_id, _olds, news) => Promise.resolve(news),
  delete: () => Promise.resolve(),
  diff: (olds, news) => ({ changed: changedKeys(["uid"], olds, news) }),
};
