import { bytesAtQuality } from "../../pictures/decode.ts";
import { lookAtPicture } from "../../pictures/picture.ts";
import type { DataFile } from "../source.ts";
import type { Measured } from "./cache-need.ts";

const TAKEN = 12;
const LARGEST = 64 * 2 ** 20;

/** A few sound pictures from all over a data set, the same ones of the same data set each time. */
export class Sample {
  private readonly taken: DataFile[] = [];
  private offered = 0;
  private state = 1;

  offer(file: DataFile): void {
    if (file.size > LARGEST) return;
    this.offered += 1;
    if (this.taken.length < TAKEN) {
      this.taken.push(file);
      return;
    }
    this.state = (Math.imul(this.state, 1103515245) + 12345) >>> 0;
    const at = Math.floor((this.state / 2 ** 32) * this.offered);
    if (at < TAKEN) this.taken[at] = file;
  }

  /** What CVAT would make of them for looking at. */
  async measure(quality: number): Promise<Measured> {
    const measured: Measured = { count: 0, pixels: 0, bytes: 0 };
    for (const file of this.taken) {
      const { header } = await lookAtPicture(file, { ends: false });
      const bytes = await bytesAtQuality(await file.whole(), quality);
      if (!header || bytes === undefined) continue;
      measured.count += 1;
      measured.pixels += header.width * header.height;
      measured.bytes += bytes;
    }
    return measured;
  }
}
