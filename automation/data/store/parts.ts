import { createHash } from "node:crypto";

const MIB = 1024 * 1024;
/** Some held at once stay far below what a run may take of memory. */
export const PART = 16 * MIB;
/** S3 takes no more to an object. */
const MOST_PARTS = 10_000;

/**
 * How many bytes a part of an object has, but for the last.
 * @param size of the object. Default: unknown; 160 GB fit
 */
export function partSizeOf(size: number | undefined): number {
  if (size === undefined || size <= PART * MOST_PARTS) return PART;
  return Math.ceil(size / MOST_PARTS / MIB) * MIB;
}

/** A body as parts of one size, but for the last. An empty body has none. */
export async function* partsOf(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Buffer, void> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (let piece of body) {
    while (bytes + piece.length >= size) {
      const rest = size - bytes;
      const last = piece.subarray(0, rest);
      yield held.length === 0 ? Buffer.from(last.buffer, last.byteOffset, last.length) : Buffer.concat([...held, last]);
      piece = piece.subarray(rest);
      held = [];
      bytes = 0;
    }
    if (piece.length > 0) held.push(piece);
    bytes += piece.length;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

/** The MD5 of bytes. */
export const md5Of = (bytes: Uint8Array): Buffer => createHash("md5").update(bytes).digest();

/** The ETag that an object put in parts gets: the MD5 of the MD5s of its parts, and how many they are. */
export function etagOfParts(md5s: readonly Buffer[]): string {
  return `${md5Of(Buffer.concat(md5s)).toString("hex")}-${md5s.length}`;
}
