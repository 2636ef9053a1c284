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
    /** How many they are. Asking an object for its keys takes as long as it has keys. */
    differentSizes: number;
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
      differentSizes: 0,
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

/** @param most sizes that are counted one by one */
export function countSize(tally: Tally["pictures"], header: Header, most = MOST_SIZES): void {
  const { width, height } = shownSize(header);
  tally.pixels += width * height;
  tally[width > height ? "wide" : width < height ? "high" : "square"] += 1;
  if (header.turn !== 1) tally.turned += 1;
  countSizes(tally, `${width}x${height}`, 1, most);
  countExtreme(tally, "smallest", { width, height });
  countExtreme(tally, "largest", { width, height });
}

function countSizes(tally: Tally["pictures"], size: string, count: number, most: number): void {
  const isKnown = size in tally.sizes;
  if (!isKnown && tally.differentSizes >= most) {
    tally.otherSizes += count;
    return;
  }
  if (!isKnown) tally.differentSizes += 1;
  increase(tally.sizes, size, count);
}

/** The first of several that are as small, or as large, stays. */
function countExtreme(
  tally: Tally["pictures"],
  which: "smallest" | "largest",
  { width, height }: { width: number; height: number },
): void {
  const before = tally[which];
  const more = before === undefined ? 1 : width * height - before.width * before.height;
  if (before === undefined || (which === "largest" ? more > 0 : more < 0)) tally[which] = { width, height };
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
  for (const [number, count] of boxes) countClass(labels, String(number), { count, first: name });
}

function countClass(labels: Tally["labels"], number: string, { count, first }: { count: number; first: string }): void {
  const before = labels.classes[number];
  labels.classes[number] = { count: (before?.count ?? 0) + count, first: before?.first ?? first };
  labels.boxes += count;
}

/** Counts what comes next in the order of names to what came before. @param next has counted all its sizes one by one */
export function addTally(into: Tally, next: Tally): void {
  for (const key of ["files", "bytes", "archives", "pdfs", "other"] as const) into[key] += next[key];
  const { pictures, films, labels } = next;
  for (const key of ["count", "bytes", "pixels", "wide", "high", "square", "turned"] as const)
    into.pictures[key] += pictures[key];
  for (const [format, count] of Object.entries(pictures.formats)) increase(into.pictures.formats, format, count);
  for (const [size, count] of Object.entries(pictures.sizes)) countSizes(into.pictures, size, count, MOST_SIZES);
  if (pictures.smallest) countExtreme(into.pictures, "smallest", pictures.smallest);
  if (pictures.largest) countExtreme(into.pictures, "largest", pictures.largest);
  for (const key of ["count", "bytes"] as const) into.films[key] += films[key];
  for (const key of ["count", "frames", "pixels", "shownPixels"] as const) into.films.taken[key] += films.taken[key];
  into.films.first.push(...films.first.slice(0, SHOWN - into.films.first.length));
  for (const key of ["files", "empty"] as const) into.labels[key] += labels[key];
  for (const [number, counted] of Object.entries(labels.classes)) countClass(into.labels, number, counted);
  if (labels.names) into.labels.names ??= labels.names;
}

export function increase(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}
