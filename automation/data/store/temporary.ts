import { hasEnded, nameOf, type ProcessName } from "../../runs/owner.ts";
import type { PutOptions, Store } from "./objects.ts";
import type { Readable } from "node:stream";

/** Objects of one run that nobody wants after it. */
export interface Temporary {
  /** Puts one and tells its whole key. */
  put(name: string, body: Buffer | Readable, options?: PutOptions): Promise<string>;
}

/** Of a run on another machine nobody here knows whether it lives: none takes two days. */
const OTHERS_END_WITHIN_MS = 48 * 60 * 60 * 1000;

/**
 * Does work with temporary objects. Before it, those of runs that have died are removed, and after it, however it ends, its own. Their keys
 * begin with a folder that names the time and the process.
 * @param store one whose calls do not end with the run: it is what clears away after a stop
 * @param prefix where temporary objects of any run lie, with a slash at the end
 */
export async function withTemporary<T>(
  store: Store,
  prefix: string,
  work: (temporary: Temporary) => Promise<T>,
): Promise<T> {
  await removeDead(store, prefix);
  const folder = ownFolder(prefix);
  try {
    return await work({
      async put(name, body, options) {
        const key = folder + name;
        // So that whoever looks for what a dead run left finds an upload in parts, too: those are not listed by folder.
        await store.put(key, Buffer.alloc(0));
        await store.put(key, body, options);
        return key;
      },
    });
  } finally {
    await removeBelow(store, folder);
  }
}

/**
 * Removes the temporary objects of runs that have died.
 * @param isWanted whether somebody still works with what such a run has left in a folder. Default: nobody does
 * @returns how many
 */
export async function removeDead(
  store: Store,
  prefix: string,
  { now = new Date(), isWanted = () => false }: { now?: Date; isWanted?: (folder: string) => boolean } = {},
): Promise<number> {
  const dead = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const folder = await firstFolder(store, prefix, after);
    if (folder === undefined) break;
    if (isDead(folder.slice(prefix.length, -1), now) && !isWanted(folder)) dead.add(folder);
    // The slash's follower: behind everything in that folder.
    after = `${folder.slice(0, -1)}0`;
  }
  let removed = 0;
  for (const folder of dead) removed += await removeBelow(store, folder);
  return removed;
}

async function firstFolder(store: Store, prefix: string, after: string | undefined): Promise<string | undefined> {
  for await (const { key } of store.list(prefix, after === undefined ? {} : { after })) {
    const end = key.indexOf("/", prefix.length);
    if (end >= 0) return key.slice(0, end + 1);
  }
  return undefined;
}

/** Removes all objects of a folder, and its uploads that were broken off. @returns how many */
export async function removeBelow(store: Store, folder: string): Promise<number> {
  const keys: string[] = [];
  for await (const { key } of store.list(folder)) keys.push(key);
  for (const key of keys) await store.abandon(key);
  await store.remove(keys);
  return keys.length;
}

/** A folder for the temporary objects of this run. */
export function ownFolder(prefix: string): string {
  return `${prefix}${runName(new Date(), nameOf(process.pid))}/`;
}

/** `2026-12-01T02-04-00Z_host_pid_start_boot_pids`: a time, and what tells a process for good. */
export function runName(begun: Date, { pid, start, machine: { host, boot, pids } }: ProcessName): string {
  const time = begun
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
  return [time, ...[host, String(pid), start, boot, pids].map(word)].join("_");
}

/** What is not one of our names is nobody's: it stays. */
export function isDead(name: string, now: Date): boolean {
  const [time = "", host, pid, start, boot, pids] = name.split("_").map(decodeURIComponent);
  const begun = Date.parse(time.replace(/T(\d\d)-(\d\d)-(\d\d)Z$/, "T$1:$2:$3Z"));
  if (Number.isNaN(begun) || host === undefined || start === undefined || boot === undefined || pids === undefined)
    return false;
  if (hasEnded({ pid: Number(pid), start, machine: { host, boot, pids } })) return true;
  const isHere = host === nameOf(process.pid).machine.host;
  return !isHere && now.getTime() - begun > OTHERS_END_WITHIN_MS;
}

const word = (text: string) => encodeURIComponent(text).replaceAll("_", "%5F");
