import type { PictureProblem } from "./problem.ts";
import type { Turn } from "./turn.ts";

/** What a picture's header says. */
export interface Header {
  /** As stored, before any turn. */
  width: number;
  height: number;
  /** By EXIF or XMP; 1 is none. From 5 on width and height change places when it is shown. */
  turn: Turn;
  /** Bits of a channel. */
  depth: number;
}

/** What was found in the bytes of a file of one format. */
export interface Found {
  header?: Header;
  problem?: PictureProblem;
}
