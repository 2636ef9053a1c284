import { randomInt } from "node:crypto";
import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind } from "../../records/kind.ts";

/** Who may come in, and by what: another text is another way in. */
export type Holders = Readonly<Record<string, string>>;

interface Inputs {
  holders: Holders;
  /** Worked out here. */
  count?: number;
}

/** How often somebody lost a way in. */
export const kind: ResourceKind<Inputs> = {
  secrets: ["holders"],
  // In a preview as well, which so knows whether what hangs on the count changes; who is not known yet comes in by something else. The first
  // number is any: a stack of an older version never counted, and nobody knows who left it.
  complete(news, olds) {
    const left = Object.entries(olds.holders ?? {}).some(([who, by]) => news.holders[who] !== by);
    const before = olds.count ?? randomInt(1, 2 ** 31);
    return { ...news, count: left ? before + 1 : before };
  },
  create: (inputs) => Promise.resolve({ id: "departures", outs: inputs }),
  ...IN_STATE_ALONE,
  update: (_id, _olds, news) => Promise.resolve(news),
  diff: (olds, news) => ({ changed: changedKeys(["holders", "count"], olds, news) }),
};
