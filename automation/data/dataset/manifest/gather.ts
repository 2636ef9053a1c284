import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { mediaOf } from "../../pictures/media.ts";
import { lookAtPicture, shownSize } from "../../pictures/picture.ts";
import type { Bucket, ObjectInfo } from "../../store/objects.ts";
import { piecesOf } from "../../store/pieces.ts";
import { byBytes } from "../order.ts";
import { folderOf, type Part } from "../source.ts";
import { Known } from "./known.ts";
import { Lines } from "./lines.ts";
import { lineOf, MANIFEST } from "./record.ts";
import { Runs } from "./runs.ts";

const SHOWN = 20;

/** What a prefix, or a part of it, has for a manifest. */
export interface Gathered {
  /** Of the manifest, in the bucket. */
  key: string;
  pictures: number;
  /** Whose bytes were read: those of the others stood in the manifest that is there. */
  read: number;
  films: number;
  /** Files that are neither. */
  others: number;
  /** Pictures whose size cannot be told, the first twenty and the count. */
  broken: { count: number; first: { name: string; why: string }[] };
  /** Bytes of the manifest. */
  bytes: number;
  /** The manifest that is there is what would be written, byte for byte. */
  unchanged: boolean;
}

export interface GatherOptions {
  /** A folder of this run's own, for the lines. */
  folder: string;
  /** Pictures whose headers are read side by side. */
  parallel: number;
  /** Default: all of the prefix. */
  part?: Part;
  signal?: AbortSignal;
  seen?: (gathered: Gathered) => void;
}

/**
 * Gathers the lines of a manifest: names below its folder, sizes from the pictures themselves. Of objects that the manifest that is there knows
 * by name, ETag and size, nothing is read.
 * @returns also the file with the header and the lines; undefined where the manifest that is there has them all and no others
 */
export async function gather(
  bucket: Bucket,
  prefix: string,
  options: GatherOptions,
): Promise<{ gathered: Gathered; file: string | undefined }> {
  const folder = folderOf(prefix);
  const gathered: Gathered = {
    key: folder + MANIFEST,
    ...{ pictures: 0, read: 0, films: 0, others: 0 },
    broken: { count: 0, first: [] },
    ...{ bytes: 0, unchanged: false },
  };
  const there = await bucket.stat(gathered.key);
  const known = new Known(there ? await bucket.read(gathered.key) : Readable.from([]));
  const lines = new Lines(new Runs(options.folder), (bytes) => piecesOf(bucket, gathered.key, there?.etag, bytes));
  try {
    await takeAll(bucket, folder, known, lines, gathered, options);
    gathered.unchanged = there !== undefined && lines.areAllKnown && (await known.holds());
    const file = gathered.unchanged ? undefined : await lines.finish();
    gathered.bytes = file === undefined ? (there?.size ?? 0) : (await stat(file)).size;
    return { gathered, file };
  } finally {
    await known.close();
  }
}

/** A picture's line, or why it has none. */
interface Line {
  name: string;
  line?: string;
  why?: string;
  /** Whether it is the next one of the manifest that is there. Default: no. */
  isKnown?: boolean;
}

/** Takes the lines of all pictures in the order of the listing. Those that are known cost little more than their place in it. */
async function takeAll(
  bucket: Bucket,
  folder: string,
  known: Known,
  lines: Lines,
  gathered: Gathered,
  { part: { after, until } = {}, parallel, signal, seen }: GatherOptions,
): Promise<void> {
  const reading: (Promise<Line> | Line)[] = [];
  const take = ({ name, line, why = "", isKnown = false }: Line): Promise<void> | undefined => {
    if (line === undefined) {
      gathered.broken.count += 1;
      if (gathered.broken.first.length < SHOWN) gathered.broken.first.push({ name, why });
    } else gathered.pictures += 1;
    seen?.(gathered);
    return line === undefined ? undefined : lines.add(name, line, isKnown);
  };
  const takeFirst = async () => {
    const first = reading.shift();
    if (first) await take(await first);
  };
  const options = { ...(after !== undefined && { after: folder + after }), ...(signal && { signal }) };
  try {
    for await (const object of bucket.list(folder, options)) {
      const name = object.key.slice(folder.length);
      if (until !== undefined && byBytes(name, until) > 0) break;
      if (!isPicture(name, gathered)) continue;
      const found = known.find(name, object.etag, object.size);
      const line = found instanceof Promise ? await found : found;
      if (line !== undefined && reading.length === 0) {
        const busy = take({ name, line, isKnown: known.isAllHeld });
        if (busy) await busy;
        continue;
      }
      if (line === undefined) gathered.read += 1;
      reading.push(line === undefined ? looked(bucket, object, name) : { name, line, isKnown: known.isAllHeld });
      if (reading.length >= parallel) await takeFirst();
    }
    while (reading.length > 0) await takeFirst();
  } finally {
    await Promise.allSettled(reading.map((line) => Promise.resolve(line)));
  }
}

function isPicture(name: string, gathered: Gathered): boolean {
  if (name === "" || name.endsWith("/") || name === MANIFEST) return false;
  const media = mediaOf(name);
  if (media !== "picture") gathered[media === "film" ? "films" : "others"] += 1;
  return media === "picture";
}

function looked(bucket: Bucket, { key, size, etag }: ObjectInfo, name: string): Promise<Line> {
  const range = (offset: number, length: number) => bucket.range(key, offset, length, etag);
  const line = lookAtPicture({ size, range }, { ends: false }).then(({ header, problem }) =>
    header
      ? { name, line: lineOf({ name, ...shownSize(header), etag, size }) }
      : { name, why: problem?.detail ?? "its size cannot be told" },
  );
  // It may fail long before its turn comes.
  line.catch(() => undefined);
  return line;
}
