import { binaryText } from "../room/binary-text.ts";
import { annotatingFilms } from "../room/film-chunks.ts";
import { CACHE_SHARE, roomText, type Room } from "../room/room.ts";
import type { Planned } from "./plan.ts";

/** What a function that annotates all of some tasks puts into CVAT's cache: pictures as they are stored, films written anew. */
export function cacheBytes(tasks: readonly Pick<Planned, "kind" | "bytes" | "pixels">[]): number {
  const pictures = tasks.filter(({ kind }) => kind === "picture").reduce((all, { bytes }) => all + bytes, 0);
  return pictures + annotatingFilms(tasks.reduce((all, { pixels = 0 }) => all + pixels, 0));
}

/** What to know of tasks that are too large for the cache, in a sentence or two; undefined where they are not. */
export function cacheNote(bytes: number, room: Room | undefined): string | undefined {
  if (room === undefined || bytes <= room.free * CACHE_SHARE) return undefined;
  return (
    `A function over all of it (task annotate) puts ${binaryText(bytes)} into CVAT's cache for 24 hours. ${roomText(room)} ` +
    "Annotate a part of it each day, in tasks of fewer pictures (--per-task) or frames (--step)."
  );
}
