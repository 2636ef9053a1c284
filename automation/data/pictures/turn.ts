/** EXIF's orientation. 1: none; 2: mirrored; 3: upside down; 6 and 8: a quarter turn; 4, 5, 7: mirrored as well. */
export type Turn = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION = 0x0112;
const EXIF = "Exif\0\0";
/** As Pillow looks for it where EXIF has none. (Pillow: Image.getexif) */
const XMP = /tiff:Orientation(?:="|>)([0-9])/;

/** The turn by what a picture has beside its pixels: EXIF first, then XMP, as Pillow and so CVAT have it. */
export function turnBy(exif: Buffer | undefined, xmp: Buffer | string | undefined): Turn {
  const own = exif && exifTurn(exif);
  if (own !== undefined) return own;
  const [, digit] = XMP.exec(xmp === undefined ? "" : xmp.toString("latin1")) ?? [];
  return asTurn(Number(digit)) ?? 1;
}

/** The orientation in a block of EXIF, with or without its name in front. */
function exifTurn(block: Buffer): Turn | undefined {
  const exif = block.toString("latin1", 0, EXIF.length) === EXIF ? block.subarray(EXIF.length) : block;
  if (exif.length < 8) return undefined;
  const little = exif.toString("latin1", 0, 2) === "II";
  if (!little && exif.toString("latin1", 0, 2) !== "MM") return undefined;
  const u16 = (at: number) => (little ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const directory = little ? exif.readUInt32LE(4) : exif.readUInt32BE(4);
  if (directory + 2 > exif.length) return undefined;
  const count = u16(directory);
  for (let entry = directory + 2; entry + 12 <= exif.length && entry < directory + 2 + 12 * count; entry += 12) {
    if (u16(entry) === ORIENTATION) return asTurn(u16(entry + 8));
  }
  return undefined;
}

export function asTurn(value: number): Turn | undefined {
  return Number.isInteger(value) && value >= 1 && value <= 8 ? (value as Turn) : undefined;
}
