import type { Bucket } from "./objects.ts";

/** More than any object has that is read whole. */
const MOST_BYTES = 2 ** 31;

/**
 * All bytes of a small object; undefined where there is none. The length is not asked for: another run may put a longer one there meanwhile, and a
 * piece of that is no JSON.
 */
export async function wholeOf(bucket: Pick<Bucket, "stat" | "range">, key: string): Promise<Buffer | undefined> {
  const there = await bucket.stat(key);
  return there && bucket.range(key, 0, MOST_BYTES);
}
