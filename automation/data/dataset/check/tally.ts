import type { Film } from "../../pictures/film.ts";
import { shownPixels } from "../../room/film-chunks.ts";
import type { Header } from "../../pictures/found.ts";
import { shownSize } from "../../pictures/picture.ts";

/** Sizes that are counted one by one; beyond, one more is counted as another. */
const MOST_SIZES = 10_000;
const SHOWN = 20;

/** What the pictures, films and label files of a data set come to. It grows with kinds, not with files. */
export interface Tally {
  files: number;
  bytes: number;
  pictures: {
    count: number;
    /** Of all of them, broken ones too: what automatic annotation puts into the cache. */
    bytes: number;
    /** By what the bytes say. */
    formats: Record<string, number>;
    /** Of the sound ones, as shown: `1920x1080`. */
    sizes: Record<string, number>;
    otherSizes: number;
    pixels: number;
    wide: number;
    high: number;
    square: number;
    turned: number;
    smallest?: { width: number; height: number };
    largest?: { width: number; height: number };
  };
  films: {
    count: number;
    bytes: number;
    first: ({ name: string } & Film)[];
    /** Of those whose headers tell their frames: what all of them come to, as they are and as people are shown them. */
    taken: { count: number; frames: number; pixels: number; shownPixels: number };
  };
  labels: {
    files: number;
    empty: number;
    boxes: number;
    /** By number: how many boxes, and the first file that has one. */
    classes: Record<string, { count: number; first: string }>;
    /** Names of the classes by number, where a file of the data set has them. */
    names?: string[];
  };
  archives: number;
  pdfs: number;
  other: number;
}

export function emptyTally(): Tally {
  return {
    files: 0,
    bytes: 0,
    pictures: {
      count: 0,
      bytes: 0,
      formats: {},
      sizes: {},
      otherSizes: 0,
      pixels: 0,
      wide: 0,
      high: 0,
      square: 0,
      turned: 0,
    },
    films: { count: 0, bytes: 0, first: [], taken: { count: 0, frames: 0, pixels: 0, shownPixels: 0 } },
    labels: { files: 0, empty: 0, boxes: 0, classes: {} },
    archives: 0,
    pdfs: 0,
    other: 0,
  };
}

export function countSize(tally: Tally["pictures"], header: Header): void {
  const { width, height } = shownSize(header);
  tally.pixels += width * height;
  tally[width > height ? "wide" : width < height ? "high" : "square"] += 1;
  if (header.turn !== 1) tally.turned += 1;
  const key = `${width}x${height}`;
  if (key in tally.sizes || Object.keys(tally.sizes).length < MOST_SIZES) increase(tally.sizes, key);
  else tally.otherSizes += 1;
  const area = width * height;
  if (!tally.smallest || area < tally.smallest.width * tally.smallest.height) tally.smallest = { width, height };
  if (!tally.largest || area > tally.largest.width * tally.largest.height) tally.largest = { width, height };
}

export function countFilm(tally: Tally["films"], name: string, film: Film | undefined, bytes: number): void {
  tally.count += 1;
  tally.bytes += bytes;
  if (film && tally.first.length < SHOWN) tally.first.push({ name, ...film });
  if (film?.frames === undefined) return;
  const { frames, width, height } = film;
  tally.taken.count += 1;
  tally.taken.frames += frames;
  tally.taken.pixels += frames * width * height;
  tally.taken.shownPixels += shownPixels({ frames, width, height });
}

export function countBoxes(labels: Tally["labels"], name: string, boxes: ReadonlyMap<number, number>): void {
  for (const [number, count] of boxes) {
    const { count: before, first } = labels.classes[String(number)] ?? { count: 0, first: name };
    labels.classes[String(number)] = { count: before + count, first };
    labels.boxes += count;
  }
}

export function increase(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}
