import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { etagOfParts, partSizeOf } from "../store/parts.ts";

const MIB = 1024 * 1024;
/** What other programs put in parts with: s5cmd, mc, the AWS command line, boto3, rclone, CVAT. In MiB. */
const USUAL_PARTS = [5, 8, 10, 15, 16, 25, 32, 50, 64, 100, 128, 256, 512];

/**
 * Whether a file is what an object holds, by the object's ETag: the MD5 of one that was put whole, else by the size of parts that it was put in,
 * which is found by trying. The file is read once, or once for each size that fits. One with another kind of ETag (of a store that encrypts)
 * is taken for different.
 */
export async function isSame(file: string, size: number, etag: string): Promise<boolean> {
  for (const hash of hashesFor(size, etag)) {
    await hash.updateFrom(file);
    if (hash.digest() === etag) return true;
  }
  return false;
}

/** What bytes are told to, one for each way in which an object may have got its ETag. Likeliest first; none for an ETag of another kind. */
export function* hashesFor(size: number, etag: string): Generator<EtagHash, void> {
  if (!isKnown(etag)) return;
  if (!etag.includes("-")) yield new EtagHash(undefined);
  else for (const part of partSizes(size, Number(etag.split("-")[1]))) yield new EtagHash(part);
}

/** Whether an ETag tells the bytes: the MD5 of the whole, or of parts. */
export const isKnown = (etag: string): boolean => /^[0-9a-f]{32}(-\d+)?$/.test(etag);

/** The ETag of bytes, which are told in their order. */
export class EtagHash {
  readonly #part: number | undefined;
  readonly #parts: Buffer[] = [];
  #hash = createHash("md5");
  #left: number;

  /** @param part bytes of each part but the last. Undefined: put whole */
  constructor(part: number | undefined) {
    this.#part = part;
    this.#left = part ?? Infinity;
  }

  update(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      const now = rest.subarray(0, this.#left);
      this.#hash.update(now);
      this.#left -= now.length;
      rest = rest.subarray(now.length);
      if (this.#left === 0) this.#endPart();
    }
  }

  async updateFrom(file: string): Promise<void> {
    for await (const piece of createReadStream(file, { highWaterMark: MIB })) this.update(piece as Buffer);
  }

  /** Ends it. */
  digest(): string {
    if (this.#part === undefined) return this.#hash.digest("hex");
    if (this.#left < this.#part) this.#endPart();
    return etagOfParts(this.#parts);
  }

  #endPart(): void {
    this.#parts.push(this.#hash.digest());
    this.#hash = createHash("md5");
    this.#left = this.#part ?? Infinity;
  }
}

/** The sizes of parts by which an object of a size has so many. Ours first. */
export function partSizes(size: number, count: number): number[] {
  const tried = [partSizeOf(size), ...USUAL_PARTS.map((mib) => mib * MIB), ...USUAL_PARTS.map((mb) => mb * 1_000_000)];
  return [...new Set(tried)].filter((part) => Math.ceil(size / part) === count);
}
