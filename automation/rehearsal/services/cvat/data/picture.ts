/** What a picture's first bytes say of it. */
export interface Picture {
  width: number;
  height: number;
  type: string;
}

/** Width and height as CVAT takes them, turned as EXIF says; undefined where these bytes are no picture's. (cvat-real-third-look.md, 9.1) */
export function pictureOf(bytes: Buffer): Picture | undefined {
  try {
    return jpeg(bytes) ?? png(bytes) ?? webp(bytes) ?? gif(bytes) ?? bmp(bytes) ?? tiff(bytes);
  } catch (error) {
    // Cut off in the middle of its header.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const begins = (bytes: Buffer, text: string, at = 0) => bytes.toString("latin1", at, at + text.length) === text;

function png(bytes: Buffer): Picture | undefined {
  if (!begins(bytes, "\x89PNG\r\n\x1a\n") || !begins(bytes, "IHDR", 12)) return undefined;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), type: "image/png" };
}

/** Start of frame: all of 0xC0 to 0xCF but those that define tables. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const TURNED = 5;

function jpeg(bytes: Buffer): Picture | undefined {
  if (!begins(bytes, "\xff\xd8\xff")) return undefined;
  let turned = false;
  let at = 2;
  while (at + 9 <= bytes.length) {
    const marker = bytes.readUInt8(at + 1);
    const length = bytes.readUInt16BE(at + 2);
    if (marker === 0xe1 && begins(bytes, "Exif\0\0", at + 4))
      turned = orientation(bytes.subarray(at + 10, at + 2 + length)) >= TURNED;
    if (isFrame(marker)) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      return { ...(turned ? { width: height, height: width } : { width, height }), type: "image/jpeg" };
    }
    at += 2 + length;
  }
  return undefined;
}

const ORIENTATION = 0x0112;

function orientation(tiffBytes: Buffer): number {
  return tags(tiffBytes)?.get(ORIENTATION) ?? 1;
}

/** Short and long values of the first directory of a TIFF. */
function tags(bytes: Buffer): Map<number, number> | undefined {
  const little = begins(bytes, "II*\0");
  if (!little && !begins(bytes, "MM\0*")) return undefined;
  const short = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const long = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const first = long(4);
  const found = new Map<number, number>();
  for (let entry = 0; entry < short(first); entry++) {
    const at = first + 2 + entry * 12;
    found.set(short(at), short(at + 2) === 3 ? short(at + 8) : long(at + 8));
  }
  return found;
}

function tiff(bytes: Buffer): Picture | undefined {
  const found = tags(bytes);
  const [width, height] = [found?.get(256), found?.get(257)];
  return width === undefined || height === undefined ? undefined : { width, height, type: "image/tiff" };
}

function webp(bytes: Buffer): Picture | undefined {
  if (!begins(bytes, "RIFF") || !begins(bytes, "WEBPVP8", 8)) return undefined;
  const type = "image/webp";
  if (begins(bytes, "X", 15)) return { width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3), type };
  if (begins(bytes, " ", 15))
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff, type };
  const bits = bytes.readUInt32LE(21);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff), type };
}

function gif(bytes: Buffer): Picture | undefined {
  if (!begins(bytes, "GIF8")) return undefined;
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), type: "image/gif" };
}

function bmp(bytes: Buffer): Picture | undefined {
  if (!begins(bytes, "BM")) return undefined;
  return { width: bytes.readInt32LE(18), height: Math.abs(bytes.readInt32LE(22)), type: "image/bmp" };
}
