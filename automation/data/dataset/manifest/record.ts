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

/** A record as it stood in a manifest. */
export interface KnownRecord {
  name: string;
  /** The whole line, without its end. */
  line: string;
  /** Undefined where no run of ours wrote it: then it is not known of which bytes it speaks. */
  etag: string | undefined;
  size: number | undefined;
}

export const MANIFEST = "manifest.jsonl";
export const HEADER = ['{"version":"1.1"}', '{"type":"images"}'] as const;

/**
 * A line as CVAT's own creator writes it: the name without its last ending, no blanks, ASCII alone. The checksum, which CVAT does not look at, is
 * left out: it would take all bytes. (cvat-real-third-look.md, 9.1, 9.4)
 */
export function lineOf({ name, width, height, etag, size }: ManifestRecord): string {
  const extension = extensionOf(name);
  const stem = name.slice(0, name.length - extension.length);
  return inAscii(JSON.stringify({ name: stem, extension, width, height, etag, size }));
}

/** A line of a manifest that is there. Undefined: no record of a picture. */
export function knownOf(line: string): KnownRecord | undefined {
  try {
    const { name, extension, width, height, etag, size } = JSON.parse(line) as Record<string, unknown>;
    if (typeof name !== "string" || typeof extension !== "string") return undefined;
    const isWhole = [width, height, size].every((one) => Number.isInteger(one) && (one as number) > 0);
    const isOurs = isWhole && typeof etag === "string";
    return {
      name: name + extension,
      line,
      ...(isOurs ? { etag, size: size as number } : { etag: undefined, size: undefined }),
    };
  } catch {
    return undefined;
  }
}

function inAscii(json: string): string {
  return json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
