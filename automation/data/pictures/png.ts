import { crc32, inflateSync } from "node:zlib";
import type { Bytes } from "./bytes.ts";
import type { Found } from "./found.ts";
import { turnBy } from "./turn.ts";

const SIGNATURE = 8;
/** The last chunk with its length and checksum, which are always these. */
const LAST_CHUNK = Buffer.from("0000000049454e44ae426082", "hex");
const XMP = "XML:com.adobe.xmp\0";
const RAW_EXIF = "Raw profile type exif\0";
/** What is unpacked of a text at most. */
const MOST_TEXT = 2 ** 20;

interface Beside {
  exif?: Buffer;
  xmp?: Buffer;
}

/** Checks the header's checksum, reads the chunks before the pixels, then looks for the last chunk. */
export async function lookAtPng(bytes: Bytes, ends: boolean): Promise<Found> {
  const start = await bytes.at(SIGNATURE, 25);
  if (start.length < 25) return { problem: { kind: "noSize", detail: "it ends in its header" } };
  if (start.readUInt32BE(0) !== 13 || start.toString("latin1", 4, 8) !== "IHDR")
    return { problem: { kind: "damagedHeader", detail: "it does not begin with its header" } };
  if (crc32(start.subarray(4, 21)) !== start.readUInt32BE(21))
    return { problem: { kind: "damagedHeader", detail: "the checksum of its header (IHDR) is wrong" } };
  const beside: Beside = {};
  const hasPixels = await readBefore(bytes, beside);
  const tail = await bytes.tail();
  if (!beside.exif) findBehind(tail.bytes, beside);
  const header = {
    width: start.readUInt32BE(8),
    height: start.readUInt32BE(12),
    depth: start.readUInt8(16),
    turn: turnBy(beside.exif, beside.xmp),
  };
  if (!hasPixels) return { problem: { kind: "noSize", detail: "it ends before its pixels" } };
  if (ends && !tail.bytes.includes(LAST_CHUNK))
    return { header, problem: { kind: "cutOff", detail: "it has no last chunk (IEND)" } };
  return { header };
}

/** Reads what stands before the pixels. @returns whether there are any */
async function readBefore(bytes: Bytes, beside: Beside): Promise<boolean> {
  let at = SIGNATURE + 25;
  for (;;) {
    const head = await bytes.at(at, 8);
    if (head.length < 8) return false;
    const length = head.readUInt32BE(0);
    const type = head.toString("latin1", 4, 8);
    if (type === "IDAT") return at + 8 < bytes.size;
    if (type === "IEND") return false;
    if (length > bytes.size) return false;
    if (["eXIf", "iTXt", "zTXt", "tEXt"].includes(type) && length <= MOST_TEXT)
      take(type, await bytes.at(at + 8, length), beside);
    at += 12 + length;
  }
}

/** EXIF may stand behind the pixels too. There only its checksum tells it from pixels. */
function findBehind(tail: Buffer, beside: Beside): void {
  const at = tail.lastIndexOf("eXIf", undefined, "latin1");
  if (at < 4) return;
  const end = at + 4 + tail.readUInt32BE(at - 4);
  if (end + 4 > tail.length || crc32(tail.subarray(at, end)) !== tail.readUInt32BE(end)) return;
  beside.exif = tail.subarray(at + 4, end);
}

function take(type: string, chunk: Buffer, beside: Beside): void {
  const name = chunk.toString("latin1", 0, 32);
  if (type === "eXIf") beside.exif ??= chunk;
  else if (name.startsWith(XMP)) beside.xmp ??= type === "iTXt" ? internationalText(chunk) : chunk;
  else if (name.startsWith(RAW_EXIF)) {
    const text = type === "zTXt" ? unpacked(chunk.subarray(RAW_EXIF.length + 1)) : chunk.subarray(RAW_EXIF.length);
    // ImageMagick's way: three lines of a head, then hexadecimal digits.
    const lines = text.toString("latin1").split("\n").slice(3);
    if (lines.length > 0) beside.exif ??= Buffer.from(lines.join(""), "hex");
  }
}

/** keyword 0, compressed or not, how, language 0, translated keyword 0, text. */
function internationalText(chunk: Buffer): Buffer {
  const flags = chunk.indexOf(0) + 1;
  const language = chunk.indexOf(0, flags + 2);
  const text = chunk.subarray(chunk.indexOf(0, language + 1) + 1);
  return chunk[flags] === 1 ? unpacked(text) : text;
}

function unpacked(data: Buffer): Buffer {
  try {
    return inflateSync(data, { maxOutputLength: MOST_TEXT });
  } catch {
    return Buffer.alloc(0);
  }
}
