import { createHash, type Hash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import path from "node:path";
import { PROJECT_FOLDER } from "../../project.ts";
import type { Tool } from "../../tools/obtain.ts";

/** What no rehearsal is made of. Everything else of the checkout counts, so that a new folder does too. */
const LEFT_OUT = new Set([
  ".git",
  ".ci",
  "docs",
  "node_modules",
  "__pycache__",
  "test/unit",
  "test/contract",
  "test/rehearsal",
  "test/full",
]);

/** Whether no rehearsal is made of a file of the checkout, by its path from there on. */
export function isLeftOut(file: string): boolean {
  const parts = file.split("/");
  return file.endsWith(".md") || parts.some((part, index) => isLeftOutAt(parts.slice(0, index + 1).join("/"), part));
}

const isLeftOutAt = (place: string, name: string) => LEFT_OUT.has(place) || LEFT_OUT.has(name);

export interface Ingredients {
  tools: readonly Tool[];
  /** Whatever else it depends on, as JSON: the stack file. */
  facts: unknown;
  /** Files and folders outside of the checkout that count with all they hold: charts that were named. Default: none. */
  outside?: readonly string[];
  /** Default: this one. */
  checkout?: string;
}

/**
 * A digest of everything that made a scene: the checkout's sources and its place, the programs, Node, and what else is named. Whatever changes
 * one of them has another key, and no snapshot of the old one is found.
 */
export function sceneKey({ tools, facts, outside = [], checkout = PROJECT_FOLDER }: Ingredients): string {
  const hash = createHash("sha256");
  const programs = tools.map(({ name, version, path: place }) => [name, version, place]);
  hash.update(JSON.stringify([checkout, process.execPath, process.version, process.arch, programs, facts]));
  addFolder(hash, checkout, "");
  for (const place of outside) {
    const found = statSync(place, { throwIfNoEntry: false });
    if (found?.isDirectory()) addFolder(hash, place, "");
    else if (found) add(hash, place, readFileSync(place));
  }
  return hash.digest("hex");
}

/**
 * In the order of the names, each with its length: two trees are the same to it only if they are. Read at one go: a thousand small files one by
 * one take four times as long with a promise for each.
 */
function addFolder(hash: Hash, root: string, folder: string): void {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = path.join(folder, entry.name);
    if (isLeftOutAt(name, entry.name) || entry.name.endsWith(".md")) continue;
    if (entry.isDirectory()) addFolder(hash, root, name);
    else if (entry.isFile()) add(hash, name, readFileSync(path.join(root, name)));
    else if (entry.isSymbolicLink()) add(hash, name, Buffer.from(linked(path.join(root, name))));
  }
}

function add(hash: Hash, name: string, content: Buffer): void {
  hash.update(`${name}\0${content.length}\0`).update(content);
}

/** Of a link to elsewhere, what it leads to and when that was changed. */
function linked(link: string): string {
  const target = statSync(link, { throwIfNoEntry: false });
  return JSON.stringify([readlinkSync(link), target?.mtimeMs]);
}
