import { hasEnded, nameOf } from "../../runs/owner.ts";
import type { Bucket } from "../store/objects.ts";
import type { Temporary } from "./import.ts";

/** None takes as long; of a run on another machine nobody here knows whether it lives. */
const OTHERS_END_WITHIN_MS = 48 * 3_600_000;

/**
 * Does work with objects that nobody wants after it. Those of runs that have died are removed before, its own afterwards, however it ends.
 * @param bucket one whose calls do not end with the run
 * @param prefix where temporary objects of any run lie, with a slash at the end
 */
export async function withTemporaryZip<T>(
  bucket: Bucket,
  prefix: string,
  work: (temporary: Temporary) => Promise<T>,
): Promise<T> {
  const dead: string[] = [];
  for await (const { key } of bucket.list(prefix)) if (isDead(key.slice(prefix.length), new Date())) dead.push(key);
  await bucket.remove(dead);
  const made: string[] = [];
  try {
    return await work({
      async put(name, body, options) {
        const key = `${prefix}${runName(new Date())}/${name}`;
        made.push(key);
        await bucket.put(key, body, options);
        return key;
      },
    });
  } finally {
    await bucket.remove(made);
  }
}

/** `2026-12-01T02-04-00Z_host_pid_start_boot_pids`: a time, and what tells a process for good. */
export function runName(at: Date): string {
  const { pid, start, machine } = nameOf(process.pid);
  const time = at
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
  const word = (text: string) => encodeURIComponent(text).replaceAll("_", "%5F");
  return [time, ...[machine.host, String(pid), start, machine.boot, machine.pids].map(word)].join("_");
}

/** What is not one of our names is nobody's: it stays. */
export function isDead(key: string, now: Date): boolean {
  const [folder = ""] = key.split("/");
  const [time = "", host, pid, start, boot, pids] = folder.split("_").map(decodeURIComponent);
  const begun = Date.parse(time.replace(/T(\d\d)-(\d\d)-(\d\d)Z$/, "T$1:$2:$3Z"));
  if (Number.isNaN(begun) || host === undefined || start === undefined || boot === undefined || pids === undefined)
    return false;
  if (hasEnded({ pid: Number(pid), start, machine: { host, boot, pids } })) return true;
  return host !== nameOf(process.pid).machine.host && now.getTime() - begun > OTHERS_END_WITHIN_MS;
}
