import { changedPlace, type Place } from "../../kubernetes/cluster.ts";
import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind, Run } from "../../records/kind.ts";
import { limitedTo } from "../../rest/ending.ts";
import { IN_PASSING } from "./ask.ts";
import { askWhetherClosed, proveClosed, type Ways } from "./prove.ts";
import { direct, throughEdge } from "./ways.ts";

interface Inputs {
  /** Where this machine reaches CVAT. */
  endpoint: string;
  connection: Place;
}

interface Outs extends Inputs {
  /** What was proved. */
  closed: true;
}

/**
 * A proof that nobody makes an account in CVAT by himself. What was proved once is asked again in each run: one that is found open is no more
 * as it should be, so that `up` proves it anew and fails. In the state there is only what was proved.
 */
export const kind: ResourceKind<Inputs, Outs> = {
  async diff(olds, news, run) {
    const changed = [...changedKeys(["endpoint"], olds, news), ...changedPlace(olds, news)];
    return { changed: changed.length > 0 || !(await isOpen(news, run)) ? changed : ["closed"] };
  },
  create: async (inputs, run) => ({ id: "closed", outs: await proved(inputs, run) }),
  ...IN_STATE_ALONE,
  update: (_id, _olds, news, run) => proved(news, run),
};

async function proved(inputs: Inputs, { signal, warn }: Run): Promise<Outs> {
  for (const text of await proveClosed(await waysTo(inputs, signal), undefined, signal)) warn(text);
  return { ...inputs, closed: true };
}

async function isOpen(inputs: Inputs, run: Run): Promise<boolean> {
  const bound = { isOver: false };
  try {
    const { open, unknown } = await limitedTo(IN_PASSING.boundMs, run.signal, async (signal) => {
      signal.addEventListener("abort", () => (bound.isOver = true));
      return askWhetherClosed(await waysTo(inputs, signal), IN_PASSING, signal);
    });
    if (open === undefined) for (const text of unknown) run.warn(text);
    return open !== undefined;
  } catch (error) {
    run.signal.throwIfAborted();
    const why = bound.isOver ? "it does not answer in time" : error instanceof Error ? error.message : String(error);
    run.warn(`Not known whether CVAT's registration and password reset are closed: ${why}. The next up asks again.`);
    return false;
  }
}

async function waysTo({ endpoint, connection }: Inputs, signal: AbortSignal): Promise<Ways> {
  return {
    edge: { name: `through ${endpoint}`, send: throughEdge(endpoint, signal) },
    direct: {
      name: "at its Service, by the API server",
      send: await direct(connection, connection.namespace, signal),
    },
  };
}
