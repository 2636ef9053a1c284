import { open, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../components/program/errors.ts";
import type { FileBytes } from "../pictures/bytes.ts";
import type { Bucket, ObjectInfo } from "../store/objects.ts";
import { byBytes } from "./order.ts";
import { walk } from "./walk.ts";

/** One file of a data set. */
export interface DataFile extends FileBytes {
  /** Below the data set's folder or prefix, with slashes. */
  name: string;
  /** Of an object of a bucket. */
  etag?: string;
  /** All of it. */
  whole(): Promise<Buffer>;
}

/** A part of a data set: the names behind `after`, up to and with `until`. */
export interface Part {
  after?: string;
  until?: string;
}

/** Where a data set lies: a folder, or a prefix of a bucket. */
export interface DataSource {
  /** As a person knows it. */
  title: string;
  /** Every file in the order of code points of the names, streamed. */
  files(part?: Part): AsyncIterable<DataFile>;
}

/** The objects below a prefix. What only marks a folder is none. */
export function bucketSource(bucket: Bucket, prefix: string, signal?: AbortSignal): DataSource {
  const folder = folderOf(prefix);
  return {
    title: `${bucket.name}/${folder}`,
    async *files({ after, until } = {}) {
      const options = { ...(after !== undefined && { after: folder + after }), ...(signal && { signal }) };
      for await (const object of bucket.list(folder, options)) {
        const name = object.key.slice(folder.length);
        if (until !== undefined && byBytes(name, until) > 0) return;
        if (!object.key.endsWith("/")) yield fileOf(bucket, object, name);
      }
    },
  };
}

/** A prefix as a folder: "" is all of the bucket. */
export function folderOf(prefix: string): string {
  const bare = prefix.replace(/^\/+/, "");
  return bare === "" || bare.endsWith("/") ? bare : `${bare}/`;
}

/** An object as a file of a data set. */
export function fileOf(
  bucket: Bucket,
  { key, size, etag }: Pick<ObjectInfo, "key" | "size" | "etag">,
  name: string,
): DataFile {
  const range = (offset: number, length: number) => bucket.range(key, offset, length, etag);
  return { name, size, etag, range, whole: () => range(0, size) };
}

/**
 * The files below a folder. Links to files are followed, links to folders are not.
 * @throws UserError where there is no such folder
 */
export async function folderSource(folder: string, signal?: AbortSignal): Promise<DataSource> {
  const there = await stat(folder).catch(() => undefined);
  if (!there?.isDirectory()) throw new UserError(`${folder} is no folder.`, { exitCode: 2 });
  return {
    title: folder,
    async *files({ after, until } = {}) {
      for await (const { path: name, size, problem } of walk(folder)) {
        signal?.throwIfAborted();
        if (after !== undefined && byBytes(name, after) <= 0) continue;
        if (until !== undefined && byBytes(name, until) > 0) return;
        // What has bytes and cannot be read is not passed over: the report would say less than there is.
        if (problem !== undefined && size > 0) throw new UserError(`${path.join(folder, name)}: ${problem}.`);
        if (problem === undefined) yield localFile(path.join(folder, name), name, size);
      }
    },
  };
}

function localFile(file: string, name: string, size: number): DataFile {
  return {
    name,
    size,
    whole: () => readFile(file),
    async range(offset, length) {
      const handle = await open(file);
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    },
  };
}
