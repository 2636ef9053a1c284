import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Bucket } from "../../store/objects.ts";
import { isSame } from "../same.ts";
import type { Gathered } from "./gather.ts";
import { HEADER } from "./record.ts";

/** What was gathered of a part of a prefix. */
export interface GatheredPart {
  gathered: Gathered;
  /** Its lines below a header, as {@link gather} makes them. */
  lines: () => Promise<AsyncIterable<Buffer>>;
}

const SHOWN = 20;
const HEADER_BYTES = Buffer.byteLength(HEADER.map((line) => `${line}\n`).join(""));

/**
 * Joins the parts of a prefix, in the order of their names, to what was gathered of all of it: the same bytes as in one piece.
 * @param folder of this run's own, for the file
 */
export async function joinedParts(
  bucket: Bucket,
  folder: string,
  parts: readonly GatheredPart[],
): Promise<{ gathered: Gathered; file: string | undefined }> {
  const gathered = parts.map((part) => part.gathered).reduce(sum);
  const file = path.join(folder, "joined");
  await pipeline(inOneFile(parts), createWriteStream(file));
  gathered.bytes = (await stat(file)).size;
  const there = await bucket.stat(gathered.key);
  gathered.unchanged = there?.size === gathered.bytes && (await isSame(file, gathered.bytes, there.etag));
  return { gathered, file: gathered.unchanged ? undefined : file };
}

async function* inOneFile(parts: readonly GatheredPart[]): AsyncGenerator<Buffer, void> {
  for (const [at, { lines }] of parts.entries()) {
    let left = at === 0 ? 0 : HEADER_BYTES;
    for await (const piece of await lines()) {
      const rest = piece.subarray(left);
      left -= piece.length - rest.length;
      if (rest.length > 0) yield rest;
    }
  }
}

function sum(one: Gathered, next: Gathered): Gathered {
  const first = [...one.broken.first, ...next.broken.first].slice(0, SHOWN);
  return {
    ...one,
    pictures: one.pictures + next.pictures,
    read: one.read + next.read,
    films: one.films + next.films,
    others: one.others + next.others,
    broken: { count: one.broken.count + next.broken.count, first },
  };
}
