import { field, inXml, plain, withoutQuotes } from "./listing.ts";
import { etagOfParts, md5Of } from "./parts.ts";
import { Refused } from "./refused.ts";
import { severally } from "./several.ts";
import { headOf, textIn, type Wire } from "./wire.ts";

/** How many parts of one object go at once. */
const PARTS_AT_ONCE = 3;

export interface PartedPut {
  key: string;
  type: string;
  /** Each of the same size, but for the last. */
  parts: AsyncIterable<Buffer>;
  resume: boolean;
  sent: (bytes: number) => void;
  signal: AbortSignal | undefined;
}

/**
 * Puts an object in parts, several at once. With `resume` those that an unfinished upload of the same key has already, and that have the same
 * MD5, are not sent again.
 * @returns the ETag that the store must give it
 */
export async function putParts(wire: Wire, put: PartedPut): Promise<string> {
  const { key, parts, resume, sent, signal } = put;
  const before = resume ? await unfinished(wire, key, signal) : undefined;
  const upload = before?.id ?? (await begin(wire, put));
  const md5s: Buffer[] = [];
  try {
    await severally(parts, PARTS_AT_ONCE, async (part) => {
      const md5 = md5Of(part);
      // Parts come in their order, and this runs before the next is asked for.
      const number = md5s.push(md5);
      if (before?.parts.get(number) !== md5.toString("hex")) {
        const query = { partNumber: number, uploadId: upload };
        const headers = { "Content-MD5": md5.toString("base64") };
        await wire.whole({ method: "PUT", key, query, headers, body: part, signal }, headOf);
      }
      sent(part.length);
    });
    signal?.throwIfAborted();
    return await complete(wire, key, upload, md5s, signal);
  } catch (error) {
    // The signal of the run is over by now.
    if (!resume) await abort(wire, key, upload);
    throw error;
  }
}

interface Unfinished {
  id: string;
  /** MD5 of each part by its number. */
  parts: Map<number, string>;
}

/** The newest unfinished upload of a key. */
async function unfinished(wire: Wire, key: string, signal?: AbortSignal): Promise<Unfinished | undefined> {
  const [id] = await uploadsOf(wire, key, signal);
  if (id === undefined) return undefined;
  const parts = new Map<number, string>();
  let marker = "0";
  do {
    const query = { uploadId: id, "part-number-marker": marker };
    const page = await wire.whole({ method: "GET", key, query, signal }, textIn);
    for (const [, entry = ""] of page.matchAll(/<Part>(.*?)<\/Part>/gs))
      parts.set(Number(field(entry, "PartNumber")), withoutQuotes(plain(field(entry, "ETag"))));
    marker = field(page, "IsTruncated") === "true" ? field(page, "NextPartNumberMarker") : "";
  } while (marker !== "");
  return { id, parts };
}

/** Ids of the unfinished uploads of a key, the newest first. MinIO lists those of one key only, and nothing below a prefix. */
async function uploadsOf(wire: Wire, key: string, signal?: AbortSignal): Promise<string[]> {
  const xml = await wire.whole({ method: "GET", query: { uploads: "", prefix: key }, signal }, textIn);
  return [...xml.matchAll(/<Upload>(.*?)<\/Upload>/gs)]
    .map(([, entry = ""]) => entry)
    .filter((entry) => plain(field(entry, "Key")) === key)
    .map((entry) => ({ id: plain(field(entry, "UploadId")), begun: field(entry, "Initiated") }))
    .sort((a, b) => b.begun.localeCompare(a.begun))
    .map(({ id }) => id);
}

/** Ends the unfinished uploads of a key, and removes their parts. */
export async function abandoned(wire: Wire, key: string, signal?: AbortSignal): Promise<void> {
  for (const upload of await uploadsOf(wire, key, signal)) await abort(wire, key, upload);
}

async function begin(wire: Wire, { key, type, signal }: PartedPut): Promise<string> {
  const ask = { method: "POST" as const, key, query: { uploads: "" }, headers: { "Content-Type": type }, signal };
  return plain(field(await wire.whole(ask, textIn), "UploadId"));
}

/** S3 may answer 200 and say in the body that it failed. One whose answer was lost is gone when it is asked again, and the object is there. */
async function complete(
  wire: Wire,
  key: string,
  upload: string,
  md5s: readonly Buffer[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const list = md5s.map(
    (md5, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${inXml(md5.toString("hex"))}</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`);
  const headers = { "Content-MD5": md5Of(body).toString("base64") };
  const expected = etagOfParts(md5s);
  const ask = { method: "POST" as const, key, query: { uploadId: upload }, headers, body, signal };
  try {
    await wire.whole(ask, async (answer) => {
      const xml = await textIn(answer);
      if (!xml.includes("<CompleteMultipartUploadResult"))
        throw new Refused(
          `The object store did not put the parts of ${key} together: ${field(xml, "Message") || "no answer"}.`,
          {
            status: 200,
            code: field(xml, "Code"),
          },
        );
    });
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "NoSuchUpload") throw error;
    const { etag = "" } = await wire.whole({ method: "HEAD", key, signal }, headOf).catch(() => ({ etag: "" }));
    if (withoutQuotes(etag) !== expected) throw error;
  }
  return expected;
}

/** Ends an upload and removes its parts. One that is gone already is no error; what the store does not do now it does by itself in a day. */
async function abort(wire: Wire, key: string, upload: string): Promise<void> {
  await wire.whole({ method: "DELETE", key, query: { uploadId: upload } }, headOf).catch(() => undefined);
}
