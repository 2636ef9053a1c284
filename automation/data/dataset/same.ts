import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { partSizeOf } from "../store/parts.ts";

const MIB = 1024 * 1024;
/** What other programs put in parts with: s5cmd, mc, the AWS command line, boto3, rclone, CVAT. In MiB. */
const USUAL_PARTS = [5, 8, 10, 15, 16, 25, 32, 50, 64, 100, 128, 256, 512];

/**
 * Whether a file is what an object holds, by the object's ETag: the MD5 of one that was put whole, else by the size of parts that it was put in,
 * which is found by trying. The file is read once, or once for each size that fits. One with another kind of ETag (of a store that encrypts)
 * is taken for different.
 */
export async function isSame(file: string, size: number, etag: string): Promise<boolean> {
  if (!etag.includes("-")) return (await md5OfFile(file)) === etag;
  const count = Number(etag.split("-")[1]);
  for (const part of partSizes(size, count)) if ((await etagInParts(file, part)) === etag) return true;
  return false;
}

/** The sizes of parts by which an object of a size has so many. Ours first. */
export function partSizes(size: number, count: number): number[] {
  const tried = [partSizeOf(size), ...USUAL_PARTS.map((mib) => mib * MIB), ...USUAL_PARTS.map((mb) => mb * 1_000_000)];
  return [...new Set(tried)].filter((part) => Math.ceil(size / part) === count);
}

async function md5OfFile(file: string): Promise<string> {
  const hash = createHash("md5");
  for await (const piece of createReadStream(file, { highWaterMark: MIB })) hash.update(piece as Buffer);
  return hash.digest("hex");
}

async function etagInParts(file: string, part: number): Promise<string> {
  const all = createHash("md5");
  let count = 0;
  let left = part;
  let hash = createHash("md5");
  for await (const piece of createReadStream(file, { highWaterMark: MIB })) {
    let rest = piece as Buffer;
    while (rest.length > 0) {
      const now = rest.subarray(0, left);
      hash.update(now);
      left -= now.length;
      rest = rest.subarray(now.length);
      if (left > 0) continue;
      all.update(hash.digest());
      count++;
      hash = createHash("md5");
      left = part;
    }
  }
  if (left < part) {
    all.update(hash.digest());
    count++;
  }
  return `${all.digest("hex")}-${count}`;
}
