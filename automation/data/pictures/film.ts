import mediaInfoFactory, { type GeneralTrack, type MediaInfo, type VideoTrack } from "mediainfo.js";
import type { FileBytes } from "./bytes.ts";

/** What a film's headers say. */
export interface Film {
  /** MP4, Matroska, AVI, ... */
  container: string;
  /** AVC (H.264), HEVC, MPEG-4 Visual, JPEG, ... */
  codec: string;
  /** As shown: a film that is turned has them changed. */
  width: number;
  height: number;
  seconds: number | undefined;
  /** Undefined: the headers do not say, and counting would read all of it. */
  frames: number | undefined;
  /** Whether that is one or two off: the container leaves some of them out (an edit list), and programs count such differently. */
  framesAbout?: true;
}

export interface FilmLook {
  film?: Film;
  /** Why it is broken. */
  problem?: string;
}

/** Reads films by MediaInfo: their headers alone, by pieces, wherever in the file they lie. One at a time. */
export class FilmReader {
  private library: Promise<MediaInfo> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  look(file: FileBytes): Promise<FilmLook> {
    const look = this.last.then(() => this.lookNow(file));
    this.last = look.catch(() => undefined);
    return look;
  }

  async close(): Promise<void> {
    await this.last;
    (await this.library)?.close();
    this.library = undefined;
  }

  private async lookNow(file: FileBytes): Promise<FilmLook> {
    if (file.size === 0) return { problem: "it has zero bytes" };
    this.library ??= mediaInfoFactory({ format: "object", full: true });
    const library = await this.library;
    const { media } = await library.analyzeData(file.size, (length, offset) => file.range(offset, length));
    const tracks = media?.track ?? [];
    const general = tracks.find((track): track is GeneralTrack => track["@type"] === "General");
    const video = tracks.find((track): track is VideoTrack => track["@type"] === "Video");
    if (!video)
      return { problem: general?.Format ? "it has no pictures in it" : "it is no film, or its index is missing" };
    const quarter = Math.abs(Number(video.Rotation ?? 0)) % 180 === 90;
    const [width, height] = quarter ? [video.Height, video.Width] : [video.Width, video.Height];
    const film: Film = {
      container: general?.Format ?? "unknown",
      codec: video.Format ?? "unknown",
      width: width ?? 0,
      height: height ?? 0,
      seconds: video.Duration ?? general?.Duration,
      frames: video.FrameCount,
      ...((video.Source_FrameCount ?? video.FrameCount) !== video.FrameCount && { framesAbout: true }),
    };
    const cut = general?.extra?.["IsTruncated"] === "Yes";
    return cut ? { film, problem: "it is cut off before its end" } : { film };
  }
}
