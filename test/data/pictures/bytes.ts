import type { FileBytes } from "../../../automation/data/pictures/bytes.ts";

/** A file in memory, and how often and how much was asked of it. */
export interface Counted extends FileBytes {
  calls: number;
  read: number;
}

export function bytesOfBuffer(bytes: Buffer): Counted {
  const counted: Counted = {
    size: bytes.length,
    calls: 0,
    read: 0,
    range(offset, length) {
      const piece = bytes.subarray(offset, offset + length);
      counted.calls += 1;
      counted.read += piece.length;
      return Promise.resolve(piece);
    },
  };
  return counted;
}
