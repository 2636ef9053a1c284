import { bytesAtQuality } from "../../pictures/decode.ts";
import { lookAtPicture } from "../../pictures/picture.ts";
import type { DataFile } from "../source.ts";
import type { Measured } from "./cache-need.ts";

/** What CVAT would make of pictures for looking at. */
export async function measure(pictures: readonly DataFile[], quality: number): Promise<Measured> {
  const measured: Measured = { count: 0, pixels: 0, bytes: 0 };
  for (const file of pictures) {
    const { header } = await lookAtPicture(file, { ends: false });
    const bytes = await bytesAtQuality(await file.whole(), quality);
    if (!header || bytes === undefined) continue;
    measured.count += 1;
    measured.pixels += header.width * header.height;
    measured.bytes += bytes;
  }
  return measured;
}
