import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind, Run } from "../../records/kind.ts";
import { call } from "../../rest/call.ts";
import { limitedTo } from "../../rest/ending.ts";
import { askEdge, type Asked } from "./ask.ts";

const ANSWER_MS = 5_000;
/** All questions together. */
const BOUND_MS = 20_000;

/** What was asked, and nothing that was answered: an edge is another program's, and changes without a run of ours. */
interface Outs extends Asked {
  asked: true;
}

/**
 * A look at the running edge in each run, for what only its own settings decide. It warns and never fails: what it finds opens nothing by itself,
 * since the application verifies what it is sent.
 */
export const kind: ResourceKind<Asked, Outs> = {
  async diff(olds, news, run) {
    const changed = changedKeys(["url", "open", "header", "refusesSlashes"], olds, news);
    if (changed.length === 0) await warnOf(news, run);
    return { changed };
  },
  create: async (inputs, run) => ({ id: "asked", outs: await asked(inputs, run) }),
  ...IN_STATE_ALONE,
  update: (_id, _olds, news, run) => asked(news, run),
};

async function asked(inputs: Asked, run: Run): Promise<Outs> {
  await warnOf(inputs, run);
  return { ...inputs, asked: true };
}

async function warnOf(inputs: Asked, { signal, warn }: Run): Promise<void> {
  const texts = await limitedTo(BOUND_MS, signal, (ends) =>
    askEdge(inputs, (address, headers) => call(address, { method: "GET", headers, limitMs: ANSWER_MS, signal: ends })),
  );
  signal.throwIfAborted();
  for (const text of texts) warn(text);
}
