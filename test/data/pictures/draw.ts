import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

export interface Drawn {
  width?: number;
  height?: number;
  /** EXIF's orientation. */
  turn?: number;
  /** Of the noise: another one is another picture. */
  seed?: number;
}

type Kind = "jpeg" | "png" | "webp" | "tiff" | "gif";

/** A drawn picture: noise on a gradient, so that it has pixels that count. */
export async function draw(kind: Kind, { width = 64, height = 48, turn, seed = 1 }: Drawn = {}): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed;
  for (let at = 0; at < pixels.length; at += 1) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    pixels[at] = ((at % (width * 3)) * 200) / (width * 3) + ((state >> 16) % 56);
  }
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  const turned = turn === undefined ? image : image.withMetadata({ orientation: turn });
  return turned.toFormat(kind).toBuffer();
}

const turnedText = (turn: number) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="${turn}"/></x:xmpmeta>`;

/** A JPEG whose turn stands in XMP alone. */
export async function jpegTurnedByXmp(turn: number, drawn: Drawn = {}): Promise<Buffer> {
  const jpeg = await draw("jpeg", drawn);
  const text = Buffer.from(`http://ns.adobe.com/xap/1.0/\0${turnedText(turn)}`, "latin1");
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, text, jpeg.subarray(2)]);
}

/** A JPEG with a block of `length` bytes before its size. */
export async function jpegWithBlock(length: number, drawn: Drawn = {}): Promise<Buffer> {
  const jpeg = await draw("jpeg", drawn);
  const blocks = Array.from({ length: Math.ceil(length / 60_000) }, () => {
    const block = Buffer.alloc(60_000, 0x20);
    block.set([0xff, 0xe2, (block.length - 2) >> 8, (block.length - 2) & 0xff]);
    return block;
  });
  return Buffer.concat([jpeg.subarray(0, 2), ...blocks, jpeg.subarray(2)]);
}

/** A chunk of a PNG, with its checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** EXIF that says a turn, and nothing else. */
export function exifOf(turn: number): Buffer {
  const exif = Buffer.from("49492a0008000000010012010300010000000000000000000000", "hex");
  exif.writeUInt16LE(turn, 18);
  return exif;
}

/** A PNG whose turn stands behind its pixels. */
export async function pngTurnedBehind(turn: number, drawn: Drawn = {}): Promise<Buffer> {
  const png = await draw("png", drawn);
  return Buffer.concat([png.subarray(0, -12), pngChunk("eXIf", exifOf(turn)), png.subarray(-12)]);
}

/** A PNG whose turn stands in a text before its pixels, packed, as ImageMagick writes it. */
export async function pngTurnedByText(turn: number, drawn: Drawn = {}): Promise<Buffer> {
  const png = await draw("png", drawn);
  const exif = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), exifOf(turn)]);
  const text = deflateSync(Buffer.from(`\nexif\n${String(exif.length).padStart(8)}\n${exif.toString("hex")}\n`));
  const chunk = pngChunk("zTXt", Buffer.concat([Buffer.from("Raw profile type exif\0\0", "latin1"), text]));
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

/** A drawn file, and what is wrong with it. */
export interface Broken {
  /** With the ending it is called by. */
  name: string;
  bytes: Buffer;
  /** What the look must say. Undefined: nothing is wrong with the bytes, only with the name. */
  problem: string | undefined;
  /** What Pillow does with it as CVAT sets it: cannot open it; opens it, and its pixels come at least in part. */
  pillow: "refused" | "shown";
}

/** The ways in which pictures are broken, one of each. */
export async function drawBroken(): Promise<Broken[]> {
  const [jpeg, png, webp, tiff] = await Promise.all([
    draw("jpeg", { width: 320, height: 240 }),
    draw("png"),
    draw("webp", { width: 320, height: 240 }),
    draw("tiff"),
  ]);
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  const altered = (bytes: Buffer, at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };
  const far = Buffer.from(tiff);
  far.writeUInt32LE(tiff.length + 1000, 4);
  const longer = Buffer.from(webp);
  longer.writeUInt32LE(webp.length + 1000, 4);
  const none = altered(altered(png, 18, 0), 19, 0);
  none.writeUInt32BE(crc32(none.subarray(12, 29)), 29);
  const page = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>nginx</body></html>\n";
  return [
    { name: "cut.jpg", bytes: jpeg.subarray(0, jpeg.length / 2), problem: "cutOff", pillow: "shown" },
    { name: "header-only.jpg", bytes: jpeg.subarray(0, scan), problem: "noSize", pillow: "refused" },
    { name: "empty.jpg", bytes: Buffer.alloc(0), problem: "empty", pillow: "refused" },
    { name: "no-end.png", bytes: png.subarray(0, -12), problem: "cutOff", pillow: "shown" },
    { name: "bad-checksum.png", bytes: altered(png, 19, 65), problem: "damagedHeader", pillow: "refused" },
    { name: "no-height.png", bytes: none, problem: "noSize", pillow: "refused" },
    { name: "wrong-length.webp", bytes: longer, problem: "cutOff", pillow: "refused" },
    { name: "cut.webp", bytes: webp.subarray(0, webp.length / 2), problem: "cutOff", pillow: "refused" },
    { name: "directory-outside.tif", bytes: far, problem: "damagedHeader", pillow: "refused" },
    { name: "cut.tif", bytes: cutTiff(tiff), problem: "cutOff", pillow: "shown" },
    { name: "text.jpg", bytes: Buffer.from("0 0.5 0.5 0.1 0.1\n"), problem: "notAPicture", pillow: "refused" },
    { name: "page.jpg", bytes: Buffer.from(page), problem: "notAPicture", pillow: "refused" },
    { name: "zeros.png", bytes: Buffer.alloc(5000), problem: "notAPicture", pillow: "refused" },
    { name: "a-png.jpg", bytes: png, problem: undefined, pillow: "shown" },
  ];
}

/** A TIFF whose directory stands before its pixels, cut off within these. */
function cutTiff(tiff: Buffer): Buffer {
  const directory = tiff.readUInt32LE(4);
  if (directory < tiff.length / 2) return tiff.subarray(0, tiff.length - 100);
  // The directory is last: the pixels are said to be longer than the file instead.
  const copy = Buffer.from(tiff);
  for (let at = directory + 2; at < directory + 2 + 12 * tiff.readUInt16LE(directory); at += 12) {
    if (copy.readUInt16LE(at) === 279) copy.writeUInt32LE(tiff.length * 4, at + 8);
  }
  return copy;
}
