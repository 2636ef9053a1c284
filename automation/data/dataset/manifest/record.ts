import { extensionOf } from "../../pictures/media.ts";

/** A picture in a manifest of CVAT. */
export interface ManifestRecord {
  /** Below the manifest's own folder, with its ending. */
  name: string;
  /** As shown: turned where EXIF turns it. */
  width: number;
  height: number;
  /** Of the object it was read from. CVAT passes over keys it does not know. (cvat-real-third-look.md, 9.4) */
  etag: string;
  size: number;
}

export const MANIFEST = "manifest.jsonl";
export const HEADER = ['{"version":"1.1"}', '{"type":"images"}'] as const;

const SIZE = /^[1-9]\d*,"height":[1-9]\d*$/;

/** A text that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * A line as CVAT's own creator writes it: the name without its last ending, no blanks, ASCII alone. The checksum, which CVAT does not look at, is
 * left out: it would take all bytes. (cvat-real-third-look.md, 9.1, 9.4)
 */
export function lineOf({ name, width, height, etag, size }: ManifestRecord): string {
  return `${beginOf(name)}${width},"height":${height}${endOf(etag, size)}`;
}

/** What a line about a picture begins with, up to its width. */
export function beginOf(name: string): string {
  const extension = extensionOf(name);
  const stem = name.slice(0, name.length - extension.length);
  return `{"name":${inAscii(stem)},"extension":${inAscii(extension)},"width":`;
}

/** Whether a line that begins as a picture's speaks of these very bytes of it. */
export function isOf(line: string, begin: string, etag: string, size: number): boolean {
  const end = endOf(etag, size);
  return line.endsWith(end) && SIZE.test(line.slice(begin.length, line.length - end.length));
}

/** The name in a line of any writer. Undefined: it is no record of a picture. */
export function nameIn(line: string): string | undefined {
  try {
    const { name, extension } = JSON.parse(line) as Record<string, unknown>;
    return typeof name === "string" && typeof extension === "string" ? name + extension : undefined;
  } catch {
    return undefined;
  }
}

const endOf = (etag: string, size: number) => `,"etag":${inAscii(etag)},"size":${size}}`;

function inAscii(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const json = JSON.stringify(text);
  return json.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
