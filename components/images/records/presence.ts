import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind } from "../../records/kind.ts";
import { findBuilder, type BuilderChoice } from "../build.ts";
import { isOnNode } from "../deliver.ts";
import type { NodeImage } from "../node-script.ts";
import { Unreachable, type NodeAccess } from "../ssh.ts";

interface Presence {
  image: NodeImage;
  connection: NodeAccess;
  /** What builds the image, should it have to be brought. */
  builder: BuilderChoice;
}
interface Outs extends Presence {
  /** Another one each time the image has to be brought anew. */
  generation: string;
}

/**
 * Whether an image that was delivered is still on its node. A command cannot be refreshed; this can: a refresh that finds the image gone makes
 * the next `up` deliver it again.
 */
export const kind: ResourceKind<Presence, Outs> = {
  secrets: ["connection"],
  async check(news, olds, { signal }) {
    // A machine that builds nothing may preview and update all the rest.
    if (isDeepStrictEqual(olds.image, news.image)) return [];
    try {
      await findBuilder(news.builder, process.env, signal);
      return [];
    } catch (error) {
      signal.throwIfAborted();
      return [error instanceof Error ? error.message : String(error)];
    }
  },
  create(inputs) {
    const generation = randomUUID();
    return Promise.resolve({ id: generation, outs: { ...inputs, generation } });
  },
  async read(id, outs, { signal }) {
    try {
      return (await isOnNode(outs.image, outs.connection, signal)) ? { id, outs } : undefined;
    } catch (error) {
      // A node that is switched off may still have it.
      if (error instanceof Unreachable) return { id, outs };
      throw error;
    }
  },
  update: (_id, { generation }, news) => Promise.resolve({ ...news, generation }),
  // Images stay on their nodes: pods may run from them.
  delete: () => Promise.resolve(),
  diff: (olds, news) => ({ changed: changedKeys(["image", "connection"], olds, news) }),
};
