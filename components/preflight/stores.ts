import type { Finding } from "./check.ts";

/** What a look at a store that speaks Redis came to. */
export interface StoreLook {
  /** Where the stack file has it: `cvat.redis`. */
  part: "cvat.redis" | "cvat.kvrocks";
  /** `valkey.example.com:6379`. */
  place: string;
  found: StoreFound | { unread: string };
}

export interface StoreFound {
  /** Bytes that it takes; 0 where it has no limit. */
  limit: number;
  /** What it does at its limit: `noeviction`, `allkeys-lru`. */
  policy: string;
}

const KEEPS = "noeviction";

/** What of a store does not go with what CVAT has in it. Queues must be kept, chunks must make room; both within a limit. (redis.io: eviction) */
export function storeIsBounded({ part, place, found }: StoreLook): Finding[] {
  if ("unread" in found) return [];
  const { limit, policy } = found;
  const warning = (message: string): Finding[] => [
    { severity: "warning", path: `vision-platform:${part}.external`, message },
  ];
  if (limit === 0)
    return warning(
      `The store at ${place} has no limit (maxmemory 0, ${policy}): it grows until its host or pod has no memory left. Set maxmemory there${part === "cvat.kvrocks" ? ", and maxmemory-policy allkeys-lru" : ""}.`,
    );
  if (part === "cvat.redis" && policy !== KEEPS)
    return warning(
      `The store at ${place} throws out what is old when it is full (${policy}): work that waits in CVAT's queues is lost without a word. Set maxmemory-policy ${KEEPS} there.`,
    );
  if (part === "cvat.kvrocks" && policy === KEEPS)
    return warning(
      `The store at ${place} takes nothing more when it is full (${KEEPS}): pictures are not shown then. Set maxmemory-policy allkeys-lru there.`,
    );
  return [];
}

/** What to say of a store that could not be looked at. */
export function notLookedAt({ part, place, found }: StoreLook): string[] {
  if (!("unread" in found)) return [];
  return [
    `vision-platform:${part}.external: The store at ${place} was not looked at from this machine (${found.unread}): whether it has a limit is not known.`,
  ];
}
