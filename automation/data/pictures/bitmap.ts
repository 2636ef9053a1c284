import type { Bytes } from "./bytes.ts";
import type { Found } from "./found.ts";

const GIF_END = 0x3b;

/** GIF: the size of its first picture's screen, and its last byte. */
export async function lookAtGif(bytes: Bytes, ends: boolean): Promise<Found> {
  const head = await bytes.at(0, 10);
  if (head.length < 10) return { problem: { kind: "noSize", detail: "it ends in its header" } };
  const header = { width: head.readUInt16LE(6), height: head.readUInt16LE(8), depth: 8, turn: 1 } as const;
  if (!ends) return { header };
  const { bytes: tail } = await bytes.tail();
  return tail.includes(GIF_END)
    ? { header }
    : { header, problem: { kind: "cutOff", detail: "it has no last byte of a GIF" } };
}

/** BMP: a height below 0 has the rows from the top. */
export async function lookAtBmp(bytes: Bytes, ends: boolean): Promise<Found> {
  const head = await bytes.at(0, 30);
  if (head.length < 30) return { problem: { kind: "noSize", detail: "it ends in its header" } };
  const old = head.readUInt32LE(14) === 12;
  const width = old ? head.readUInt16LE(18) : head.readInt32LE(18);
  const height = old ? head.readUInt16LE(20) : Math.abs(head.readInt32LE(22));
  const header = { width, height, depth: 8, turn: 1 } as const;
  const says = head.readUInt32LE(2);
  return ends && says > bytes.size
    ? { header, problem: { kind: "cutOff", detail: `${bytes.size} of ${says} bytes` } }
    : { header };
}
