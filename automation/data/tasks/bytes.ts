import type { Bucket } from "../store/objects.ts";

/** Below that many, each is asked for by itself. */
const FEW = 20;

/** Bytes of some objects together, and how many of them are not there any more. No call of CVAT's tells bytes. (cvat-real-third-look.md 8.1) */
export async function bytesOf(
  bucket: Bucket,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<{ bytes: number; missing: number }> {
  if (keys.length <= FEW) {
    const found = await Promise.all(keys.map((key) => bucket.stat(key)));
    const there = found.filter((one) => one !== undefined);
    return { bytes: sum(there.map(({ size }) => size)), missing: keys.length - there.length };
  }
  const wanted = new Set(keys);
  let bytes = 0;
  for await (const { key, size } of bucket.list(commonPrefix(keys), { ...(signal && { signal }) }))
    if (wanted.delete(key)) bytes += size;
  return { bytes, missing: wanted.size };
}

/** What all of some texts begin with. */
export function commonPrefix(texts: readonly string[]): string {
  const [first = "", ...rest] = texts;
  let length = first.length;
  for (const text of rest) while (!text.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
