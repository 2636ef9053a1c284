import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind } from "../../records/kind.ts";
import { UserError } from "../../program/errors.ts";
import type { ClearmlClient } from "../client/client.ts";
import { changedAccount, type Connection } from "../client/connection.ts";
import { ClearmlError, isRefusal } from "../client/errors.ts";
import { connected, connectedSoon } from "../client/wait.ts";

export interface QueueInputs {
  connection: Connection;
  name: string;
}

export interface QueueOuts extends QueueInputs {
  /** Whether it was there before this program: then it stays when the program's records go. */
  adopted: boolean;
}

interface Queue {
  id: string;
  name: string;
}

/** The queue that the server makes by itself, and takes where a task names none. (clearml-server v2.0.0, mongo/initialize/util.py) */
const DEFAULT = "default";
/** (clearml-server v2.0.0, database/model/queue.py) */
const SHORTEST = 3;

/** A queue that agents take tasks from. Its natural key is its name, which the server keeps unique. */
export const kind: ResourceKind<QueueInputs, QueueOuts> = {
  secrets: ["connection"],
  check: ({ name }) =>
    name.trim() === name && name.length >= SHORTEST
      ? []
      : [
          `vision-platform:clearml.agent.queue: \`${name}\` must be ${SHORTEST} characters or more, without blanks around it.`,
        ],

  async create(inputs, { signal }) {
    const client = await connected(inputs.connection, signal);
    const there = await named(client, inputs.name);
    const id = there?.id ?? (await made(client, inputs.name));
    return { id, outs: { ...inputs, adopted: there !== undefined } };
  },

  async read(id, outs, { signal }) {
    const client = await connectedSoon(outs.connection, signal);
    // One that somebody renamed is theirs now: agents look for the name.
    const found = await withId(client, id);
    return found?.name === outs.name ? { id, outs } : undefined;
  },

  /** Only the way to the server can change: another name is another queue. */
  update: (_id, { adopted }, news) => Promise.resolve({ ...news, adopted }),

  async delete(id, { connection, name, adopted }, { signal }) {
    if (adopted || name === DEFAULT) return;
    const client = await connectedSoon(connection, signal);
    try {
      await client.call("queues.delete", { queue: id, force: false });
    } catch (error) {
      if (isRefusal(error, "invalidQueueId")) return;
      if (isRefusal(error, "queueNotEmpty")) throw new UserError(await stillInUse(client, id, name), { cause: error });
      throw error;
    }
  },

  diff(olds, news) {
    const renamed = changedKeys(["name"], olds, news);
    return { changed: [...renamed, ...changedAccount(olds, news)], replaces: renamed };
  },
};

/** Makes it. The answer may get lost, and another run may have made it meanwhile: so it is looked for before this is an error. */
async function made(client: ClearmlClient, name: string): Promise<string> {
  try {
    return (await client.call<{ id: string }>("queues.create", { name })).id;
  } catch (error) {
    const unclear = error instanceof ClearmlError && error.maybeDone;
    const done = unclear || isRefusal(error, "notUnique") ? await named(client, name) : undefined;
    if (done) return done.id;
    throw error;
  }
}

/** The filter is a regular expression that matches anywhere, so it is anchored, and what comes is compared. (clearml.md 4) */
async function named(client: ClearmlClient, name: string): Promise<Queue | undefined> {
  const { queues } = await client.call<{ queues: Queue[] }>("queues.get_all", {
    name: `^${name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`,
    only_fields: ["id", "name"],
    // Hidden ones take names as well.
    search_hidden: true,
  });
  return queues.find((queue) => queue.name === name);
}

async function withId(client: ClearmlClient, queue: string): Promise<Queue | undefined> {
  try {
    return (await client.call<{ queue: Queue }>("queues.get_by_id", { queue, max_task_entries: 1 })).queue;
  } catch (error) {
    if (isRefusal(error, "invalidQueueId")) return undefined;
    throw error;
  }
}

async function stillInUse(client: ClearmlClient, queue: string, name: string): Promise<string> {
  const { num } = await client.call<{ num: number }>("queues.get_num_entries", { queue });
  const tasks = num === 1 ? "one task waits" : `${num} tasks wait`;
  return (
    `${tasks} in ClearML's queue \`${name}\`, so it is not deleted. Move or dequeue them in ClearML's web interface, ` +
    "or wait until they have run, then run this again."
  );
}
