import sharp from "sharp";
import type { PictureProblem } from "./problem.ts";

/** Decodes every pixel of a picture. @param picture the whole file */
export async function decode(picture: Buffer): Promise<PictureProblem | undefined> {
  try {
    await sharp(picture, { failOn: "truncated", sequentialRead: true, limitInputPixels: false }).stats();
    return undefined;
  } catch (error) {
    return { kind: "undecodable", detail: firstLine(error) };
  }
}

/** Bytes of a picture once CVAT has made it a JPEG of a quality, as in the chunks that a browser gets. Undefined: it cannot be decoded. */
export async function bytesAtQuality(picture: Buffer, quality: number): Promise<number | undefined> {
  try {
    const made = await sharp(picture, { failOn: "none" })
      .autoOrient()
      .flatten()
      .jpeg({ quality: Math.max(1, quality), chromaSubsampling: "4:2:0", optimiseCoding: true })
      .toBuffer();
    return made.length;
  } catch {
    return undefined;
  }
}

function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.trim();
}
