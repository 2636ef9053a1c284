import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { mediaOf } from "../../pictures/media.ts";
import { lookAtPicture, shownSize } from "../../pictures/picture.ts";
import type { Bucket, ObjectInfo } from "../../store/objects.ts";
import { byCodePoint } from "../code-points.ts";
import { folderOf, type Part } from "../source.ts";
import { Known } from "./known.ts";
import { lineOf, MANIFEST } from "./record.ts";
import { Runs } from "./runs.ts";

const SHOWN = 20;

/** What a manifest came to. */
export interface Made {
  /** Of the manifest, in the bucket. */
  key: string;
  pictures: number;
  /** Whose bytes were read: those of the others stood in the manifest that is there. */
  read: number;
  films: number;
  /** Files that are neither. */
  others: number;
  /** Pictures whose size cannot be told, the first twenty and the count. Nothing is written where there are any, unless they are left out. */
  broken: { count: number; first: { name: string; why: string }[] };
  /** Bytes of the manifest. */
  bytes: number;
  written: boolean;
  /** It is there already, byte for byte. */
  unchanged: boolean;
}

export interface MakeOptions {
  /** A folder of this run's own, for the lines. */
  folder: string;
  /** Pictures whose headers are read side by side. */
  parallel: number;
  /** Leave broken pictures out, instead of writing nothing. */
  skipBroken?: boolean;
  /** Write nothing into the bucket. */
  dryRun?: boolean;
  part?: Part;
  signal?: AbortSignal;
  seen?: (made: Made) => void;
}

/**
 * Writes the manifest of a prefix beside its pictures: names below its folder, sizes from the pictures themselves. Of objects that the manifest
 * that is there knows by name, ETag and size, nothing is read.
 */
export async function makeManifest(bucket: Bucket, prefix: string, options: MakeOptions): Promise<Made> {
  const folder = folderOf(prefix);
  const made: Made = {
    key: folder + MANIFEST,
    ...{ pictures: 0, read: 0, films: 0, others: 0 },
    broken: { count: 0, first: [] },
    ...{ bytes: 0, written: false, unchanged: false },
  };
  const there = await bucket.stat(made.key);
  const known = new Known(there ? await bucket.read(made.key) : Readable.from([]));
  const runs = new Runs(options.folder);
  try {
    await takeAll(bucket, folder, known, runs, made, options);
    const file = await runs.finish();
    made.bytes = (await stat(file)).size;
    made.unchanged = there?.size === made.bytes && known.held === made.pictures && (await known.holds());
    const isWanted = made.pictures > 0 && (made.broken.count === 0 || options.skipBroken === true);
    if (made.unchanged || !isWanted || options.dryRun) return made;
    await bucket.put(made.key, createReadStream(file), {
      size: made.bytes,
      type: "application/jsonl",
      ...(options.signal && { signal: options.signal }),
    });
    made.written = true;
    return made;
  } finally {
    await known.close();
  }
}

/** A picture's line, or why it has none. */
interface Line {
  name: string;
  line?: string;
  why?: string;
}

/** Takes the lines of all pictures in the order of the listing. Those that are known cost little more than their place in it. */
async function takeAll(
  bucket: Bucket,
  folder: string,
  known: Known,
  runs: Runs,
  made: Made,
  { part: { after, until } = {}, parallel, signal, seen }: MakeOptions,
): Promise<void> {
  const reading: (Promise<Line> | Line)[] = [];
  const take = ({ name, line, why = "" }: Line): Promise<void> | undefined => {
    if (line === undefined) {
      made.broken.count += 1;
      if (made.broken.first.length < SHOWN) made.broken.first.push({ name, why });
    } else made.pictures += 1;
    seen?.(made);
    return line === undefined ? undefined : runs.add(name, line);
  };
  const takeFirst = async () => {
    const first = reading.shift();
    if (first) await take(await first);
  };
  const options = { ...(after !== undefined && { after: folder + after }), ...(signal && { signal }) };
  try {
    for await (const object of bucket.list(folder, options)) {
      const name = object.key.slice(folder.length);
      if (until !== undefined && byCodePoint(name, until) > 0) break;
      if (!isPicture(name, made)) continue;
      const found = known.find(name, object.etag, object.size);
      const line = found instanceof Promise ? await found : found;
      if (line !== undefined && reading.length === 0) {
        const busy = take({ name, line });
        if (busy) await busy;
        continue;
      }
      if (line === undefined) made.read += 1;
      reading.push(line === undefined ? looked(bucket, object, name) : { name, line });
      if (reading.length >= parallel) await takeFirst();
    }
    while (reading.length > 0) await takeFirst();
  } finally {
    await Promise.allSettled(reading.map((line) => Promise.resolve(line)));
  }
}

function isPicture(name: string, made: Made): boolean {
  if (name === "" || name.endsWith("/") || name === MANIFEST) return false;
  const media = mediaOf(name);
  if (media !== "picture") made[media === "film" ? "films" : "others"] += 1;
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
