import type { Bytes } from "./bytes.ts";
import type { Found, Header } from "./found.ts";
import { turnBy } from "./turn.ts";

const START_OF_SCAN = 0xda;
const END = 0xd9;
const APP1 = 0xe1;
const XMP = "http://ns.adobe.com/xap/1.0/\0";
/** Markers that have no length: TEM, RST0 to RST7, SOI. */
const BARE = new Set([0x01, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8]);
/** What may stand after 0xff between the scans of a picture; anything else belongs to something behind its end. */
const WITHIN_SCANS = new Set([
  0x00, 0xc4, 0xda, 0xdb, 0xdd, 0xfe, 0xff, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7,
]);

/** Walks the segments up to the first scan, then looks for the end marker. */
export async function lookAtJpeg(bytes: Bytes, ends: boolean): Promise<Found> {
  let frame: Omit<Header, "turn"> | undefined;
  let exif: Buffer | undefined;
  let xmp: Buffer | undefined;
  let at = 2;
  for (;;) {
    const [ff, marker] = await bytes.at(at, 2);
    if (marker === undefined) return noScan(frame, "it ends in its header");
    if (ff !== 0xff) return noScan(frame, "its header is damaged");
    if (marker === 0xff) at += 1;
    else if (BARE.has(marker)) at += 2;
    else if (marker === END) return noScan(frame, "it ends before its pixels");
    else {
      const lengthBytes = await bytes.at(at + 2, 2);
      const length = lengthBytes.length < 2 ? 0 : lengthBytes.readUInt16BE(0);
      if (length < 2) return noScan(frame, "it ends in its header");
      if (marker === START_OF_SCAN) break;
      if (isFrame(marker)) frame ??= frameOf(await bytes.at(at + 4, 5));
      if (marker === APP1) {
        const block = await bytes.at(at + 4, length - 2);
        if (startsWith(block, "Exif\0")) exif ??= block;
        if (startsWith(block, XMP)) xmp ??= block;
      }
      at += 2 + length;
    }
  }
  if (!frame) return { problem: { kind: "noSize", detail: "no width and height before its pixels" } };
  const header = { ...frame, turn: turnBy(exif, xmp) };
  if (header.depth !== 8)
    return { header, problem: { kind: "tooDeep", detail: `a JPEG with ${header.depth} bits a channel` } };
  if (!ends) return { header };
  const { offset, bytes: tail } = await bytes.tail();
  const scans = tail.subarray(Math.max(0, at - offset));
  return hasEnd(scans) ? { header } : { header, problem: { kind: "cutOff", detail: "it has no end marker" } };
}

/** Start of frame: every 0xc? but the tables of Huffman, of arithmetic coding, and what is reserved. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function frameOf(segment: Buffer): Omit<Header, "turn"> | undefined {
  if (segment.length < 5) return undefined;
  return { depth: segment.readUInt8(0), height: segment.readUInt16BE(1), width: segment.readUInt16BE(3) };
}

/** Without a scan nothing can be opened, whatever the header says of its size. */
function noScan(frame: Omit<Header, "turn"> | undefined, detail: string): Found {
  return { problem: { kind: "noSize", detail: frame ? `${detail}: there are no pixels` : detail } };
}

/**
 * Whether the scans come to an end. Cameras write more behind the end, films even, so an end that lies before the last 64 KiB is believed where
 * these cannot be scans.
 */
function hasEnd(scans: Buffer): boolean {
  for (let at = scans.indexOf(0xff); at !== -1; at = scans.indexOf(0xff, at + 1)) {
    const marker = scans[at + 1];
    if (marker === END) return true;
    if (marker !== undefined && !WITHIN_SCANS.has(marker)) return true;
  }
  return false;
}

function startsWith(block: Buffer, text: string): boolean {
  return block.toString("latin1", 0, text.length) === text;
}
