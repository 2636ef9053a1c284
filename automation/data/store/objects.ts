import type { Readable } from "node:stream";

/** An object of a bucket, as a listing tells it. */
export interface ObjectInfo {
  /** Its whole key, without a slash before it. */
  key: string;
  /** Bytes. */
  size: number;
  /** As the store gives it, without quotation marks: the MD5 of what was put in one part, else `MD5-PARTS`. */
  etag: string;
  modified: Date;
}

/** What the data verbs ask of one bucket. Listings and bodies are streamed; nothing is held whole but what `range` was asked for. */
export interface Bucket {
  readonly name: string;
  /**
   * Every object below a prefix, by the order of their keys.
   * @param prefix as S3 has it: a beginning of the key; "" is all
   * @param after begins behind this key. Default: at the first
   */
  list(prefix: string, options?: { after?: string; signal?: AbortSignal }): AsyncIterable<ObjectInfo>;
  /** Undefined when there is none of this key. */
  stat(key: string): Promise<ObjectInfo | undefined>;
  /**
   * Bytes of an object from an offset; fewer where it ends before.
   * @param etag of the object that is meant: refused where another one lies there by now. Default: whichever there is
   */
  range(key: string, offset: number, length: number, etag?: string): Promise<Buffer>;
  read(key: string): Promise<Readable>;
  /** Puts an object, in parts where it is large. */
  put(key: string, body: Buffer | Readable, options?: PutOptions): Promise<{ etag: string }>;
  /** Those that are gone already are no error. */
  remove(keys: readonly string[]): Promise<void>;
}

/** A bucket in which uploads in parts can be broken off. */
export interface Store extends Bucket {
  /** Ends the unfinished uploads of a key, and removes their parts. */
  abandon(key: string): Promise<void>;
}

export interface PutOptions {
  /** Bytes, where it is known. Default: unknown, and the body is put in parts. */
  size?: number;
  /** Default: application/octet-stream. */
  type?: string;
  /**
   * Whether an upload in parts goes on where one of the same key and the same bytes was broken off, and leaves its own parts for the next when
   * it is. Default: false; parts go when it is broken off.
   */
  resume?: boolean;
  /** Is told how many bytes more are there. With `resume`, also of those that were there before. */
  sent?: (bytes: number) => void;
  signal?: AbortSignal;
}
