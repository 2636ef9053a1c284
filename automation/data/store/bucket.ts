import { Readable } from "node:stream";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { field, inXml, pageOf, plain, withoutQuotes } from "./listing.ts";
import { abandoned, putParts } from "./multipart.ts";
import type { ObjectInfo, PutOptions, Store } from "./objects.ts";
import { md5Of, partsOf, partSizeOf } from "./parts.ts";
import { Refused } from "./refused.ts";
import { bytesOf, headOf, textIn, wireOf, type Wire } from "./wire.ts";

/** S3 takes no more keys to one call. */
const REMOVED_AT_ONCE = 1000;

export interface BucketOptions {
  /** Ends every call. Default: nothing does, but a line that does not move for a minute. */
  signal?: AbortSignal | undefined;
  /** Bytes of a part of what is put in parts; S3 takes none below 5 MiB but the last. Default: 16 MiB, more where an object has too many. */
  part?: number | undefined;
  /** Milliseconds before a call is tried a second time; each further wait is twice as long. Default: 200. */
  firstPauseMs?: number;
}

/**
 * A bucket of an S3 store. Each call is tried again while the store is busy or the line breaks, and then fails with one sentence that says what
 * to do.
 */
export function bucketOf(place: S3Place, name: string, { signal, part, firstPauseMs }: BucketOptions = {}): Store {
  const wire = wireOf(place, name, firstPauseMs);
  const ends = (own?: AbortSignal) => (own && signal ? AbortSignal.any([own, signal]) : (own ?? signal));
  return {
    name,
    list: (prefix, { after, signal: own } = {}) => listed(wire, prefix, after, ends(own)),
    async stat(key) {
      try {
        return infoOf(key, await wire.whole({ method: "HEAD", key, signal }, headOf));
      } catch (error) {
        if (error instanceof Refused && error.isMissing) return undefined;
        throw error;
      }
    },
    async range(key, offset, length, etag) {
      if (length <= 0) return Buffer.alloc(0);
      const headers = {
        Range: `bytes=${offset}-${offset + length - 1}`,
        ...(etag !== undefined && { "If-Match": `"${etag}"` }),
      };
      try {
        return await wire.whole({ method: "GET", key, headers, signal }, bytesOf);
      } catch (error) {
        if (error instanceof Refused && error.status === 416) return Buffer.alloc(0);
        throw error;
      }
    },
    read: (key) => wire.ask({ method: "GET", key, signal }),
    put: (key, body, options = {}) => put(wire, key, body, part, { ...options, signal: ends(options.signal) }),
    abandon: (key) => abandoned(wire, key, signal),
    async remove(keys) {
      for (let at = 0; at < keys.length; at += REMOVED_AT_ONCE)
        await removed(wire, keys.slice(at, at + REMOVED_AT_ONCE), signal);
    },
  };
}

async function* listed(
  wire: Wire,
  prefix: string,
  after: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectInfo, void> {
  const page = async (token?: string) => {
    const query = {
      "list-type": 2,
      "encoding-type": "url",
      "max-keys": 1000,
      prefix,
      ...(token === undefined ? after !== undefined && { "start-after": after } : { "continuation-token": token }),
    };
    return wire.whole({ method: "GET", query, signal }, async (answer) => pageOf(await textIn(answer)));
  };
  let coming: ReturnType<typeof page> | undefined = page();
  while (coming !== undefined) {
    const { objects, next }: Awaited<typeof coming> = await coming;
    // The next one is under way while this one is looked at. Nobody may be there any more to hear that it failed.
    coming = next === undefined ? undefined : page(next);
    coming?.catch(() => undefined);
    yield* objects;
  }
}

function infoOf(key: string, headers: NodeJS.Dict<string | string[]>): ObjectInfo {
  const header = (name: string) => (typeof headers[name] === "string" ? headers[name] : "");
  return {
    key,
    size: Number(header("content-length")),
    etag: withoutQuotes(header("etag")),
    modified: new Date(header("last-modified")),
  };
}

async function put(
  wire: Wire,
  key: string,
  body: Buffer | Readable,
  part: number | undefined,
  { size, type = "application/octet-stream", resume = false, sent = () => undefined, signal }: PutOptions,
): Promise<{ etag: string }> {
  const whole = Buffer.isBuffer(body) ? body.length : size;
  const pieces: AsyncIterable<Buffer> | Iterable<Buffer> = Buffer.isBuffer(body) ? [body] : body;
  const parts = checked(partsOf(pieces, part ?? partSizeOf(whole)), key, whole);
  const first = await parts.next();
  const one = first.done === true ? Buffer.alloc(0) : first.value;
  const second = first.done === true ? first : await parts.next();
  if (second.done !== true) {
    const again = async function* () {
      yield one;
      yield second.value;
      yield* parts;
    };
    return { etag: await putParts(wire, { key, type, parts: again(), resume, sent, signal }) };
  }
  const md5 = md5Of(one);
  const headers = { "Content-Type": type, "Content-MD5": md5.toString("base64"), "Content-Length": String(one.length) };
  const answer = await wire.whole({ method: "PUT", key, headers, body: one, signal }, headOf);
  sent(one.length);
  const { etag } = infoOf(key, answer);
  // Of what the store encrypts the ETag is something else; it has compared the MD5 that was sent along.
  if (etag !== md5.toString("hex") && answer["x-amz-server-side-encryption"] === undefined)
    throw new Refused(`The object store holds other bytes of ${key} than were sent (ETag ${etag}). Run this again.`);
  return { etag };
}

/** Parts, unless there are fewer or more bytes than was said. */
async function* checked(
  parts: AsyncIterable<Buffer>,
  key: string,
  size: number | undefined,
): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.length;
    yield part;
  }
  if (size !== undefined && bytes !== size)
    throw new Error(`${key} was to have ${size} bytes and has ${bytes}: it changed while it was read.`);
}

async function removed(wire: Wire, keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const list = keys.map((key) => `<Object><Key>${inXml(key)}</Key></Object>`);
  const body = Buffer.from(`<Delete><Quiet>true</Quiet>${list.join("")}</Delete>`);
  const headers = { "Content-MD5": md5Of(body).toString("base64") };
  const xml = await wire.whole({ method: "POST", query: { delete: "" }, headers, body, signal }, textIn);
  const refused = [...xml.matchAll(/<Error>(.*?)<\/Error>/gs)].map(([, entry = ""]) => entry);
  const [first] = refused.filter((entry) => field(entry, "Code") !== "NoSuchKey");
  if (first === undefined) return;
  const code = field(first, "Code");
  throw new Refused(
    `The object store did not remove ${refused.length} of ${keys.length} objects, the first of them ${plain(field(first, "Key"))} (${code}).`,
    { status: 200, code },
  );
}
