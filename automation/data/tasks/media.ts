import { mediaOf, type Media as Kind } from "../pictures/media.ts";
import type { ObjectInfo } from "../store/objects.ts";
import { numbered, type TaskWish } from "./wish.ts";

/** A picture or film in the bucket. */
export type Media = Pick<ObjectInfo, "key" | "size">;

/** What becomes one task: pictures, or one film. */
export interface Batch {
  name: string;
  kind: "picture" | "film";
  keys: string[];
  /** Of all of them. */
  bytes: number;
}

/** Names for a message: the first few, and how many there are. */
export interface Names {
  first: string[];
  count: number;
}

/** What a place in the bucket has. */
export interface Found {
  pictures: number;
  films: number;
  /** Of pictures and films. */
  bytes: number;
  /** Neither pictures nor films. */
  others: Names;
  /** Those of no bytes. */
  empty: Names;
  picture: string | undefined;
  film: string | undefined;
}

const SHOWN = 20;

const noNames = (): Names => ({ first: [], count: 0 });

function note(names: Names, name: string): void {
  names.count += 1;
  if (names.first.length < SHOWN) names.first.push(name);
}

/** Takes note of what goes by. */
export async function* counted(objects: AsyncIterable<ObjectInfo>, found: Found, wish: TaskWish): AsyncIterable<Media> {
  for await (const { key, size } of objects) {
    // A folder, as some programs put one.
    if (key.endsWith("/") && size === 0) continue;
    const kind = mediaOf(key);
    if (kind === "picture") {
      found.pictures += 1;
      found.picture ??= key;
    } else if (kind === "film") {
      found.films += 1;
      found.film ??= key;
    } else if (!isManifest(key)) note(found.others, key);
    if (!isTaken(kind, wish)) continue;
    if (size === 0) note(found.empty, key);
    found.bytes += size;
    yield { key, size };
  }
}

export const nothingFound = (): Found => ({
  pictures: 0,
  films: 0,
  bytes: 0,
  others: noNames(),
  empty: noNames(),
  picture: undefined,
  film: undefined,
});

/** CVAT's own lists and what it writes beside them. */
const isManifest = (key: string) => /\.jsonl$|(^|\/)index\.json$/i.test(key);

function isTaken(kind: Kind, { take }: TaskWish): boolean {
  if (kind === "picture") return take !== "films";
  return kind === "film" && take !== "pictures";
}

/** What CVAT would take and break on, or silently leave out, as lines. */
export function foundProblems(found: Found, { take, film: cut }: TaskWish, where: string): string[] {
  const { pictures, films, others, empty, picture = "", film = "" } = found;
  const mixed = take === undefined && pictures > 0 && films > 0;
  const wanted = take === "pictures" ? pictures : take === "films" ? films : pictures + films;
  const what = take === "pictures" ? "picture" : take === "films" ? "film" : "picture or film";
  return [
    ...(wanted === 0 ? [`${where} has no ${what}.`] : []),
    ...(films === 0 && pictures > 0 && Object.keys(cut).length > 0
      ? [
          `--start, --stop and --step are of films, and ${where} has pictures alone, which are taken all. Name those that are wanted in a file: --list FILE.`,
        ]
      : []),
    ...(mixed
      ? [
          `${where} has ${pictures} pictures (${picture}) and ${films} films (${film}), and CVAT takes one film or pictures for a task. ` +
            "Say --only pictures, --only films, or --split for tasks of both kinds.",
        ]
      : []),
    ...(take === undefined && others.count > 0
      ? [
          `${listed(others, "file is", "files are")} neither picture nor film. Leave them out with --only pictures or --only films, or name a place that has none:`,
          ...others.first.map((key) => `  ${key}`),
        ]
      : []),
    ...(empty.count > 0
      ? [
          `${listed(empty, "file has", "files have")} no bytes, and CVAT fails at the first of them:`,
          ...empty.first.map((key) => `  ${key}`),
        ]
      : []),
  ];
}

export function listed({ first, count }: Names, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}${count > first.length ? ` (the first ${first.length} below)` : ""}`;
}

/** What becomes of the media: tasks of pictures first, then one for each film, each under the name that it always gets. */
export async function* batches(media: AsyncIterable<Media>, wish: TaskWish): AsyncIterable<Batch> {
  const films: Media[] = [];
  let keys: string[] = [];
  let bytes = 0;
  let number = 0;
  const next = (): Batch => {
    number += 1;
    return { name: numbered(wish.name, number, "picture"), kind: "picture", keys, bytes };
  };
  for await (const one of media) {
    if (mediaOf(one.key) === "film") {
      films.push(one);
      continue;
    }
    keys.push(one.key);
    bytes += one.size;
    if (keys.length < wish.perTask) continue;
    yield next();
    keys = [];
    bytes = 0;
  }
  if (keys.length > 0) yield next();
  const besidePictures = wish.take === "both";
  for (const [index, { key, size }] of films.entries())
    yield { name: numbered(wish.name, index + 1, "film", besidePictures), kind: "film", keys: [key], bytes: size };
}
