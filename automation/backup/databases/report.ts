import type { Found } from "./found.ts";

/** What is in the database and not in the dump, or differs in number: what a restore takes away, or brings back. */
export function lossesOf({ counts, now }: Found): string[] {
  if (now === undefined) return [];
  const names = [...new Set([...Object.keys(counts), ...Object.keys(now.counts)])].sort();
  return names.flatMap((name) => {
    const then = counts[name];
    const has = now.counts[name];
    const changed = now.newer[name];
    const since = changed === undefined ? [] : [`${changed.rows} changed since, the newest ${changed.newest}`];
    if (then === undefined) return [`${name}: ${String(has)} rows, which the dump does not know`];
    if (has === undefined) return [`${name}: is gone, and comes back with ${then} rows`];
    if (has === then && since.length === 0) return [];
    const number = has === then ? `${then} rows` : `${has} rows now, ${then} in the dump`;
    return [[`${name}: ${number}`, ...since].join("; ")];
  });
}

/** The dump in a sentence. */
export function dumpText(title: string, { stamp, server, dump, recipient }: Found): string {
  const how = recipient === undefined ? "not encrypted" : `encrypted to ${recipient}`;
  return `${title} as it was at ${stamp}: ${dump.key}, ${dump.bytes} bytes, ${how}, of a server ${server}.`;
}
