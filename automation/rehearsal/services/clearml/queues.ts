import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { refuse } from "./refusal.ts";

interface Queue {
  id: string;
  name: string;
  user: string;
  company: string;
  created: string;
  tags: string[];
  system_tags: string[];
  entries: { task: string; added: string }[];
}

export type Fields = Readonly<Record<string, unknown>>;

const SHORTEST_NAME = 3;
const HIDDEN = "k8s-glue";

/** The server's queues, kept in a file of the rehearsal. */
export class Queues {
  readonly #file: string;
  #queues: Queue[];

  constructor(folder: string) {
    this.#file = path.join(folder, "queues.json");
    this.#queues = existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, "utf8")) as Queue[]) : [];
    if (this.#queues.length === 0) this.#add("default", ["default"]);
  }

  getAll(fields: Fields): Fields {
    const pattern = patternOf(fields["name"]);
    const ids = fields["id"] as string[] | undefined;
    const all = fields["search_hidden"] === true || pattern !== undefined || ids !== undefined;
    const found = this.#queues
      .filter(({ name }) => pattern?.test(name) ?? true)
      .filter(({ id }) => ids?.includes(id) ?? true)
      .filter(({ system_tags }) => all || !system_tags.includes(HIDDEN));
    const size = (fields["page_size"] as number | undefined) ?? 500;
    const first = ((fields["page"] as number | undefined) ?? 0) * size;
    const only = fields["only_fields"] as string[] | undefined;
    return { queues: found.slice(first, first + size).map((queue) => (only ? picked(queue, only) : queue)) };
  }

  getById(fields: Fields): Fields {
    return { queue: this.#find(fields) };
  }

  getDefault(): Fields {
    const { id, name } = this.#queues.find(({ system_tags }) => system_tags.includes("default")) ?? {};
    return { id, name };
  }

  create(fields: Fields, user: string): Fields {
    const queue = this.#add(text(fields, "name"), (fields["system_tags"] as string[] | undefined) ?? [], user);
    queue.tags = (fields["tags"] as string[] | undefined) ?? [];
    this.#save();
    return { id: queue.id };
  }

  update(fields: Fields): Fields {
    const queue = this.#find(fields);
    if (fields["name"] !== undefined) queue.name = this.#soundName(text(fields, "name"), queue);
    this.#save();
    return { updated: 1, fields: { name: queue.name } };
  }

  delete(fields: Fields): Fields {
    const { id, entries } = this.#find(fields);
    if (entries.length > 0 && fields["force"] !== true)
      throw refuse("queueNotEmpty", `(use force=true to delete): id=${id}`);
    this.#queues = this.#queues.filter((queue) => queue.id !== id);
    this.#save();
    return { deleted: 1 };
  }

  getNumEntries(fields: Fields): Fields {
    return { num: this.#find(fields).entries.length };
  }

  addTask(fields: Fields): Fields {
    const { entries } = this.#find(fields);
    const task = text(fields, "task");
    if (entries.some((entry) => entry.task === task)) throw refuse("taskQueued", `task=${task}`);
    entries.push({ task, added: new Date().toISOString() });
    this.#save();
    return { added: 1 };
  }

  removeTask(fields: Fields): Fields {
    const queue = this.#find(fields);
    const task = text(fields, "task");
    const rest = queue.entries.filter((entry) => entry.task !== task);
    if (rest.length === queue.entries.length) throw refuse("notQueued", `task=${task}, id=${queue.id}`);
    queue.entries = rest;
    this.#save();
    return { removed: 1 };
  }

  #find(fields: Fields): Queue {
    const id = text(fields, "queue");
    const queue = this.#queues.find((one) => one.id === id);
    if (!queue) throw refuse("queueId", `id=${id}`);
    return queue;
  }

  #add(name: string, systemTags: string[], user = "__allegroai__"): Queue {
    const queue: Queue = {
      id: randomUUID().replaceAll("-", ""),
      name: this.#soundName(name),
      user,
      company: "d1bd92a3b039400cbafc60a7a5b1e52b",
      created: new Date().toISOString(),
      tags: [],
      system_tags: systemTags,
      entries: [],
    };
    this.#queues.push(queue);
    this.#save();
    return queue;
  }

  #soundName(given: string, own?: Queue): string {
    const name = given.trim();
    if (name.length < SHORTEST_NAME) throw refuse("data", "(String value is too short): name");
    if (this.#queues.some((queue) => queue !== own && queue.name === name)) throw refuse("notUnique", `name=${name}`);
    return name;
  }

  #save(): void {
    writeFileSync(this.#file, JSON.stringify(this.#queues));
  }
}

/** @throws Refusal for a required text that is missing */
function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "")
    throw refuse("validation", `(data must contain ['${name}'] properties)`);
  return value;
}

function patternOf(name: unknown): RegExp | undefined {
  if (typeof name !== "string") return undefined;
  try {
    return new RegExp(name);
  } catch {
    throw refuse("regex", `field=name`);
  }
}

function picked(queue: Queue, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(queue).filter(([name]) => name === "id" || names.includes(name)));
}
