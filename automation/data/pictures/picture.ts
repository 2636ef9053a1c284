import { lookAtBmp, lookAtGif } from "./bitmap.ts";
import { Bytes, type FileBytes } from "./bytes.ts";
import { formatOf, type Format } from "./format.ts";
import { lookAtJpeg } from "./jpeg.ts";
import { lookAtPng } from "./png.ts";
import type { Found, Header } from "./found.ts";
import { lookAtTiff } from "./tiff.ts";
import { lookAtWebp } from "./webp.ts";

/** What the bytes of a picture say. */
export interface Look extends Found {
  /** By the bytes. Undefined: none that is looked into. */
  format: Format | undefined;
}

export interface LookOptions {
  /** Whether its end is looked at too. Without, one or two pieces of most pictures are read, and no broken end is seen. Default: yes. */
  ends?: boolean;
}

type LookAt = (bytes: Bytes, ends: boolean) => Promise<Found>;

const LOOKS: Record<Format, LookAt> = {
  JPEG: lookAtJpeg,
  PNG: lookAtPng,
  WebP: lookAtWebp,
  TIFF: lookAtTiff,
  GIF: lookAtGif,
  BMP: lookAtBmp,
};

/** Looks at a picture by its header and its end. Nothing is decoded. */
export async function lookAtPicture(file: FileBytes, { ends = true }: LookOptions = {}): Promise<Look> {
  if (file.size === 0) return { format: undefined, problem: { kind: "empty", detail: "it has zero bytes" } };
  const bytes = new Bytes(file);
  const format = formatOf(await bytes.head());
  if (typeof format !== "string")
    return { format: undefined, problem: { kind: "notAPicture", detail: `it is ${format.other}` } };
  const found = await LOOKS[format](bytes, ends);
  if (found.header && (found.header.width === 0 || found.header.height === 0)) {
    const { width, height } = found.header;
    return { format, problem: { kind: "noSize", detail: `its header says ${width} x ${height}` } };
  }
  return { format, ...found };
}

/** Width and height as a picture is shown, and as CVAT's manifest has them. */
export function shownSize({ width, height, turn }: Header): { width: number; height: number } {
  return turn > 4 ? { width: height, height: width } : { width, height };
}
