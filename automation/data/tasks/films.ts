import type { FilmReader } from "../pictures/film.ts";
import { binaryText } from "../room/binary-text.ts";
import { MOST_FILM_PIXELS } from "../room/film-chunks.ts";
import { roomText, type Room } from "../room/room.ts";
import type { Bucket } from "../store/objects.ts";
import type { TaskWish } from "./wish.ts";

/** What a film's own bytes say. */
export interface FilmFacts {
  codec: string;
  /** Undefined: its headers do not say. */
  frames: number | undefined;
  framesAbout?: true;
  width: number;
  height: number;
}

/** Reads that of an object; a text says why it cannot be a film. */
export type ReadFilm = (key: string, bytes: number) => Promise<FilmFacts | string>;

/** Reads films of a bucket by pieces. */
export function filmsIn(bucket: Bucket, reader: FilmReader): ReadFilm {
  return async (key, size) => {
    const range = (offset: number, length: number) => bucket.range(key, offset, length);
    const { film, problem } = await reader.look({ size, range });
    return problem ?? film ?? "it is no film";
  };
}

/** How many frames CVAT makes of a film; it cuts a `--stop` behind the end in silence. (cvat-real-third-look.md 4.3) */
export function framesTaken(frames: number, { film }: TaskWish): number {
  const { start = 0, stop = frames - 1, step = 1 } = film;
  return Math.max(0, Math.ceil((Math.min(stop, frames - 1) - start + 1) / step));
}

/** Why CVAT would fail at a film, as a line; undefined where it would not. */
export function filmProblem(key: string, facts: FilmFacts | string, wish: TaskWish): string | undefined {
  if (typeof facts === "string") return `${key}: ${facts}`;
  const { start = 0 } = wish.film;
  if (facts.width * facts.height > MOST_FILM_PIXELS)
    return `${key} has frames of ${facts.width}x${facts.height}, and CVAT's encoder takes ${(MOST_FILM_PIXELS / 1e6).toFixed(1)} million pixels at most`;
  return facts.frames === undefined || facts.framesAbout || start < facts.frames
    ? undefined
    : `${key} has ${facts.frames} frames, so none is left from --start ${start} on`;
}

/** CVAT keeps a copy of every film in its own data claim, until its task is deleted. (cvat-real-third-look.md 4.1) */
export function roomProblem(filmBytes: number, room: Room): string | undefined {
  if (filmBytes <= room.free) return undefined;
  return (
    `The films have ${binaryText(filmBytes)}, and CVAT copies every film into its data claim. ${roomText(room)} ` +
    "Make it larger (vision-platform:cvat.data.size), delete tasks of films that are done, or take fewer."
  );
}
