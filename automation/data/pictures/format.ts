/** What the first bytes of a file say that it is. */
export type Format = "JPEG" | "PNG" | "WebP" | "TIFF" | "GIF" | "BMP";

/** What is no picture that is looked into here, in words. */
export type Other = { other: string; text: boolean };

const HTML = /^\s*(<!doctype html|<html|<head|<body)/i;
const XML = /^\s*<(\?xml|error|svg)/i;

/** The format by the first bytes: names lie. Pillow, by which CVAT opens pictures, goes by them too. */
export function formatOf(head: Buffer): Format | Other {
  const has = (text: string, offset = 0) => head.toString("latin1", offset, offset + text.length) === text;
  if (has("\xff\xd8\xff")) return "JPEG";
  if (has("\x89PNG\r\n\x1a\n")) return "PNG";
  if (has("RIFF") && has("WEBP", 8)) return "WebP";
  if (["II*\0", "MM\0*", "II+\0", "MM\0+"].some((magic) => has(magic))) return "TIFF";
  if (has("GIF87a") || has("GIF89a")) return "GIF";
  if (has("BM") && head.length >= 26 && head.readUInt32LE(6) === 0) return "BMP";
  return { other: otherOf(head, has), text: isText(head) };
}

function otherOf(head: Buffer, has: (text: string, offset?: number) => boolean): string {
  const start = head.toString("latin1", 0, 512);
  if (HTML.test(start)) return "a web page (HTML), an error perhaps";
  if (XML.test(start)) return "XML, an object store's error perhaps";
  if (has("%PDF")) return "a PDF";
  if (has("PK\x03\x04")) return "a zip archive";
  if (has("\x1f\x8b")) return "compressed by gzip";
  if (has("ftyp", 4)) return kindOfBox(head.toString("latin1", 8, 12));
  if (has("RIFF") && has("AVI ", 8)) return "a film (AVI)";
  if (has("\x1aE\xdf\xa3")) return "a film (Matroska)";
  if (head.every((byte) => byte === 0)) return "only zeros";
  if (isText(head)) return "text";
  return "of a format that is not known";
}

function kindOfBox(brand: string): string {
  if (/^(avif|avis)$/.test(brand)) return "AVIF";
  if (/^(heic|heix|mif1|msf1)$/.test(brand)) return "HEIC";
  return "a film (MP4)";
}

/** Whether it reads as text: valid UTF-8, or one of ASCII's relatives, without control characters. */
function isText(head: Buffer): boolean {
  const start = head.subarray(0, 512);
  return start.length > 0 && start.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13);
}
