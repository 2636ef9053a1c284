import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { byBytes } from "../../automation/data/dataset/order.ts";
import type { ObjectInfo, Store } from "../../automation/data/store/objects.ts";

/** A bucket in memory, and what was asked of it. */
export interface MemoryBucket extends Store {
  objects: Map<string, Buffer>;
  asked: { ranges: string[]; puts: string[]; lists: number };
}

/** @param order in which it lists its keys. Default: by code points, as S3 does */
export function memoryBucket(
  files: Readonly<Record<string, Buffer>>,
  order: (one: string, other: string) => number = byBytes,
): MemoryBucket {
  const objects = new Map(Object.entries(files));
  const asked: MemoryBucket["asked"] = { ranges: [], puts: [], lists: 0 };
  const info = (key: string, bytes: Buffer): ObjectInfo => ({
    key,
    size: bytes.length,
    etag: createHash("md5").update(bytes).digest("hex"),
    modified: new Date(0),
  });
  const bytesOf = (key: string) => {
    const bytes = objects.get(key);
    if (!bytes) throw new Error(`no object ${key}`);
    return bytes;
  };
  return {
    name: "datasets",
    objects,
    asked,
    async *list(prefix, { after } = {}) {
      asked.lists += 1;
      for (const key of [...objects.keys()].sort(order)) {
        await Promise.resolve();
        if (key.startsWith(prefix) && (after === undefined || byBytes(key, after) > 0)) yield info(key, bytesOf(key));
      }
    },
    stat: (key) => Promise.resolve(objects.has(key) ? info(key, bytesOf(key)) : undefined),
    range(key, offset, length) {
      asked.ranges.push(key);
      return Promise.resolve(bytesOf(key).subarray(offset, offset + length));
    },
    read: (key) => Promise.resolve(Readable.from([bytesOf(key)])),
    async put(key, body) {
      const pieces: Buffer[] = [];
      for await (const piece of Buffer.isBuffer(body) ? [body] : body) pieces.push(piece as Buffer);
      asked.puts.push(key);
      objects.set(key, Buffer.concat(pieces));
      return { etag: "" };
    },
    abandon: () => Promise.resolve(),
    remove(keys) {
      for (const key of keys) objects.delete(key);
      return Promise.resolve();
    },
  };
}
