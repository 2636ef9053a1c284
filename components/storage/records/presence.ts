import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind } from "../../records/kind.ts";
import type { Place } from "../client/place.ts";
import type { Thing } from "../made.ts";

interface Presence {
  /** The MinIO that the stack's buckets and users are in. Left out: it does not tell these credentials. */
  deployment?: string;
  /** Whether the store was looked at in this run: a preview goes on without. */
  seen: boolean;
  /** What is in state and not in the store, in words. */
  missing: string[];
  /** The same with all that makes it again, as JSON; `""` when nothing is missing. Secret. */
  remedy: string;
}

/** What makes again what is missing. */
export interface Remedy {
  place: Place;
  things: Thing[];
}

/**
 * That what the stack has made in the object store is there. The engine believes its state: a bucket or a user that was removed by hand is
 * "unchanged" to it for ever, and the plugin fails where it is to change or remove such a user. So the program compares before it registers
 * anything, and this record, on which all of the store depends, makes again what is missing, just as state has it. (guards.ts, gone)
 */
export const kind: ResourceKind<Presence> = {
  secrets: ["remedy"],
  async create(inputs, { signal }) {
    return { id: "presence", outs: await whole(inputs, signal) };
  },
  ...IN_STATE_ALONE,
  update: (_id, _olds, news, { signal }) => whole(news, signal),
  diff: (olds, news) => ({
    changed: [
      ...(news.missing.length > 0 ? ["missing"] : []),
      ...(news.deployment !== undefined && news.deployment !== olds.deployment ? ["deployment"] : []),
    ],
  }),
};

async function whole(inputs: Presence, signal: AbortSignal): Promise<Presence> {
  if (inputs.remedy !== "") {
    const { place, things } = JSON.parse(inputs.remedy) as Remedy;
    // Only here: a run that finds everything does not load the clients.
    const { restore } = await import("../client/restore.ts");
    await restore(place, things, signal);
  }
  return { ...inputs, missing: [], remedy: "" };
}
