import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { UserError } from "../../../components/program/errors.ts";
import { folderPrefix, serverFile } from "../cvat/paths.ts";
import type { Bucket, ObjectInfo } from "../store/objects.ts";
import { commonPrefix } from "./bytes.ts";

/** Which objects of a bucket are meant. They come in the same order each time. */
export interface Chosen {
  /** For messages: `datasets/street/`. */
  where: string;
  /** What all of them begin with. */
  prefix: string;
  objects(signal?: AbortSignal): AsyncIterable<ObjectInfo>;
}

const SHOWN = 20;

/**
 * All below some prefixes.
 * @throws UserError, exit code 2, where one lies in another: CVAT fails at a file that comes twice. (cvat-rest-measured.md 4.9)
 */
export function below(bucket: Bucket, from: readonly string[]): Chosen {
  const prefixes = from.map(folderPrefix);
  const inside = prefixes.flatMap((prefix, index) => {
    const outer = prefixes.find(
      (other, place) => place !== index && prefix.startsWith(other) && (prefix !== other || place < index),
    );
    return outer === undefined ? [] : [`--from ${prefix} lies in --from ${outer}, so its files would come twice.`];
  });
  if (inside.length > 0) throw new UserError(inside.join("\n"), { exitCode: 2 });
  return {
    where: prefixes.map((prefix) => `${bucket.name}/${prefix}`).join(", "),
    prefix: common(prefixes),
    async *objects(signal) {
      for (const prefix of prefixes) yield* bucket.list(prefix, { ...(signal && { signal }) });
    },
  };
}

/**
 * Those that a file lists, a key a line, in its order. Empty lines and lines with `#` in front are none.
 * @throws UserError, exit code 2, with the lines of all that come twice or are not in the bucket
 */
export async function listedIn(bucket: Bucket, file: string): Promise<Chosen> {
  const lines = new Map<string, number>();
  const problems: string[] = [];
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    const key = serverFile(line.trim());
    if (key === "" || key.startsWith("#")) continue;
    const before = lines.get(key);
    if (before === undefined) lines.set(key, number);
    else
      problems.push(
        `${file}:${number}: ${key} stands in line ${before} already, and CVAT fails at a file that comes twice`,
      );
  }
  const prefix = common([...lines.keys()]);
  const there = new Map<string, ObjectInfo>();
  for await (const object of bucket.list(prefix)) if (lines.has(object.key)) there.set(object.key, object);
  for (const [key, line] of lines)
    if (!there.has(key)) problems.push(`${file}:${line}: ${key} is not in ${bucket.name}`);
  if (problems.length > 0) {
    const more = problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [];
    throw new UserError([...problems.slice(0, SHOWN), ...more].join("\n"), { exitCode: 2 });
  }
  return {
    where: `${bucket.name} (${file})`,
    prefix,
    async *objects() {
      for (const key of lines.keys()) {
        const object = there.get(key);
        if (object) yield await Promise.resolve(object);
      }
    },
  };
}

async function* linesOf(file: string): AsyncIterable<string> {
  const stream = createReadStream(file, "utf8");
  try {
    yield* createInterface({ input: stream, crlfDelay: Infinity });
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`, { exitCode: 2 });
  } finally {
    stream.destroy();
  }
}

/** What all of some keys begin with, up to a slash. */
function common(keys: readonly string[]): string {
  const prefix = commonPrefix(keys);
  return prefix.slice(0, prefix.lastIndexOf("/") + 1);
}
