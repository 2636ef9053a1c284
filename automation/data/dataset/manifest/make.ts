import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { mediaOf } from "../../pictures/media.ts";
import { lookAtPicture, shownSize } from "../../pictures/picture.ts";
import type { Bucket, ObjectInfo } from "../../store/objects.ts";
import { byCodePoint } from "../code-points.ts";
import { inOrder } from "../in-order.ts";
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
  for await (const { name, line, why, isNew } of inOrder(
    withKnown(bucket, folder, known, made, options),
    options.parallel,
    (one) => one.line ?? looked(bucket, one.object, one.name),
  )) {
    if (isNew) made.read += 1;
    if (line !== undefined) {
      made.pictures += 1;
      await runs.add(name, line);
    } else {
      made.broken.count += 1;
      if (made.broken.first.length < SHOWN) made.broken.first.push({ name, why: why ?? "" });
    }
    options.seen?.(made);
  }
  await known.finish();
  const file = await runs.finish();
  made.bytes = (await stat(file)).size;
  made.unchanged = there?.size === made.bytes && known.isOurs && made.read === 0 && known.records === made.pictures;
  if (made.unchanged || options.dryRun || made.pictures === 0 || (made.broken.count > 0 && !options.skipBroken))
    return made;
  await bucket.put(made.key, createReadStream(file), {
    size: made.bytes,
    type: "application/jsonl",
    ...(options.signal && { signal: options.signal }),
  });
  made.written = true;
  return made;
}

interface Line {
  name: string;
  /** Undefined: the picture is broken. */
  line?: string;
  why?: string;
  isNew: boolean;
}

/** The pictures of a listing, each with its line where the manifest that is there has it. */
async function* withKnown(
  bucket: Bucket,
  folder: string,
  known: Known,
  made: Made,
  { part: { after, until } = {}, signal }: MakeOptions,
): AsyncGenerator<{ object: ObjectInfo; name: string; line?: Line }, void> {
  const options = { ...(after !== undefined && { after: folder + after }), ...(signal && { signal }) };
  for await (const object of bucket.list(folder, options)) {
    const name = object.key.slice(folder.length);
    if (until !== undefined && byCodePoint(name, until) > 0) return;
    if (name === "" || name.endsWith("/") || name === MANIFEST) continue;
    const media = mediaOf(name);
    if (media !== "picture") {
      made[media === "film" ? "films" : "others"] += 1;
      continue;
    }
    const before = await known.find(name);
    const isSame = before?.etag === object.etag && before.size === object.size;
    yield isSame ? { object, name, line: { name, line: before.line, isNew: false } } : { object, name };
  }
}

async function looked(bucket: Bucket, { key, size, etag }: ObjectInfo, name: string): Promise<Line> {
  const range = (offset: number, length: number) => bucket.range(key, offset, length, etag);
  const { header, problem } = await lookAtPicture({ size, range }, { ends: false });
  if (!header) return { name, isNew: true, why: problem?.detail ?? "its size cannot be told" };
  return { name, isNew: true, line: lineOf({ name, ...shownSize(header), etag, size }) };
}
