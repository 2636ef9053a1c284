import type { Bytes } from "./bytes.ts";
import type { Found } from "./found.ts";
import { turnBy } from "./turn.ts";

const RIFF_HEAD = 12;
const HAS_EXIF = 0x08;
const HAS_XMP = 0x04;
const MOST_BESIDE = 2 ** 20;

/** Reads the size from the first chunk, and the turn from the chunks behind the pixels where the first says that there are such. */
export async function lookAtWebp(bytes: Bytes, ends: boolean): Promise<Found> {
  const head = await bytes.at(0, 34);
  const size = sizeIn(head);
  if (!size) return { problem: { kind: "noSize", detail: "it ends in its header" } };
  const flags = head.toString("latin1", 12, 16) === "VP8X" ? (head[20] ?? 0) : 0;
  const beside = flags & (HAS_EXIF | HAS_XMP) ? await besideIn(bytes) : {};
  const header = { ...size, depth: 8, turn: turnBy(beside["EXIF"], beside["XMP "]) };
  if (!ends) return { header };
  const says = head.readUInt32LE(4) + 8;
  if (says === bytes.size) return { header };
  return says > bytes.size
    ? { header, problem: { kind: "cutOff", detail: `${bytes.size} of ${says} bytes` } }
    : { header, problem: { kind: "wrongLength", detail: `its header says ${says} bytes, it has ${bytes.size}` } };
}

function sizeIn(head: Buffer): { width: number; height: number } | undefined {
  const kind = head.toString("latin1", 12, 16);
  if (kind === "VP8X" && head.length >= 30)
    return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
  if (kind === "VP8L" && head.length >= 25 && head[20] === 0x2f) {
    const bits = head.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind === "VP8 " && head.length >= 30 && head.readUIntBE(23, 3) === 0x9d012a)
    return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
  return undefined;
}

/** EXIF and XMP, from the chunks. */
async function besideIn(bytes: Bytes): Promise<Partial<Record<string, Buffer>>> {
  const beside: Partial<Record<string, Buffer>> = {};
  for (let at = RIFF_HEAD; at + 8 <= bytes.size;) {
    const head = await bytes.at(at, 8);
    if (head.length < 8) break;
    const kind = head.toString("latin1", 0, 4);
    const length = head.readUInt32LE(4);
    if ((kind === "EXIF" || kind === "XMP ") && length <= MOST_BESIDE) beside[kind] = await bytes.at(at + 8, length);
    at += 8 + length + (length % 2);
  }
  return beside;
}
