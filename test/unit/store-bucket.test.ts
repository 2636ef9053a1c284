import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import aws4 from "aws4";
import { afterEach, expect, it, vi } from "vitest";
import { scriptedS3, SCRIPTED_USER, type Script, type ScriptedS3 } from "../../automation/bench/store/scripted-s3.ts";
import { bucketOf } from "../../automation/data/store/bucket.ts";

const PART = 100_000;
const SECRET = "canary-of-the-secret";

let s3: ScriptedS3 | undefined;
afterEach(() => s3?.close());

async function bucket(
  script: Script = {},
  { user = SCRIPTED_USER, signal }: { user?: string; signal?: AbortSignal } = {},
) {
  s3 = await scriptedS3(script);
  const place = { server: s3.server, tls: false, region: "us-east-1", user, password: SECRET };
  return { s3, bucket: bucketOf(place, "datasets", { signal, part: PART, firstPauseMs: 5 }) };
}

const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const big = (parts: number) => Buffer.alloc(Math.floor(PART * parts), "a picture ");
/** A fault for the first so many calls that it is for. */
function times(count: number, wrong: NonNullable<Script["fault"]>): NonNullable<Script["fault"]> {
  let left = count;
  return (seen) => {
    const fault = left > 0 ? wrong(seen) : undefined;
    if (fault !== undefined) left--;
    return fault;
  };
}

const KEYS = [
  " before and after ",
  ".hidden/..still.jpg",
  "007",
  "1e5",
  "100%/a+b&c=d#e?.jpg",
  "a//b.jpg",
  "ends/",
  "quo'te\"s<>&amp;.jpg",
  "день/кадр (1)*!~.jpg",
  "日本/é.jpg",
];

it("puts, lists, reads and removes whatever a key may be", async () => {
  const { bucket: datasets, s3: store } = await bucket();
  for (const key of KEYS) await datasets.put(key, Buffer.from(`bytes of ${key}`));
  const listed = await all(datasets.list(""));
  expect(listed.map(({ key }) => key)).toEqual(
    [...KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  for (const { key, size, etag } of listed) {
    const bytes = Buffer.from(`bytes of ${key}`);
    expect({ size, etag }).toEqual({ size: bytes.length, etag: md5(bytes) });
    expect(await datasets.range(key, 0, 1000)).toEqual(bytes);
    expect((await datasets.stat(key))?.etag).toBe(etag);
  }
  expect(await datasets.stat("none")).toBeUndefined();
  await datasets.remove([...KEYS, "none"]);
  expect(store.objects.size).toBe(0);
});

it("reads a range where it lies, less at the end, nothing behind it", async () => {
  const { bucket: datasets } = await bucket();
  await datasets.put("a", Buffer.from("0123456789"));
  expect((await datasets.range("a", 3, 4)).toString()).toBe("3456");
  expect((await datasets.range("a", 8, 40)).toString()).toBe("89");
  expect((await datasets.range("a", 10, 40)).toString()).toBe("");
  await expect(datasets.range("a", 0, 4, "of-another")).rejects.toThrow("datasets/a was replaced while it was read");
});

it("lists page after page, from behind a key, and holds one page at a time", async () => {
  const { bucket: datasets } = await bucket({ many: { count: 5_000, prefix: "big/" } });
  let count = 0;
  for await (const { key } of datasets.list("big/")) if (key.endsWith(".jpg")) count++;
  expect(count).toBe(5_000);
  const [first] = await all(datasets.list("big/", { after: "big/0004/0004998.jpg" }));
  expect(first?.key).toBe("big/0004/0004999.jpg");
});

it.each<[string, NonNullable<Script["fault"]>]>([
  ["503 SlowDown", () => ({ status: 503, code: "SlowDown", headers: { "Retry-After": "0" } })],
  ["a page of a proxy", () => ({ status: 502 })],
  ["a line that is cut", () => "cut"],
  ["a line that is cut in the middle of an answer", () => "cut body"],
])("tries again after %s", async (_what, wrong) => {
  const { bucket: datasets } = await bucket({
    fault: times(2, (seen) => (seen.method === "GET" ? wrong(seen) : undefined)),
  });
  await datasets.put("a", Buffer.from("0123456789"));
  expect((await datasets.range("a", 0, 10)).toString()).toBe("0123456789");
});

it("tries six times, not for ever", async () => {
  const { bucket: datasets, s3: store } = await bucket({ fault: () => ({ status: 503, code: "SlowDown" }) });
  await expect(datasets.put("a", Buffer.from("x"))).rejects.toThrow("answers 503 SlowDown for datasets/a");
  expect(store.seen).toHaveLength(6);
});

it.each([
  [
    { status: 403, code: "AccessDenied" },
    "does not let the key person write datasets/a (403 AccessDenied). Choose a person who may with --as",
  ],
  [{ status: 403, code: "SignatureDoesNotMatch" }, "does not accept the secret of the key person"],
  [{ status: 403, code: "RequestTimeTooSkewed" }, "has another time than this machine"],
  [{ status: 404, code: "NoSuchBucket" }, "has no bucket datasets. Run up"],
  [{ status: 507, code: "XMinioStorageFull" }, "is full"],
])("says of %j what to do, once", async (wrong, sentence) => {
  const { bucket: datasets, s3: store } = await bucket({ fault: () => wrong });
  const failure = await datasets.put("a", Buffer.from("x")).catch((error: unknown) => error as Error);
  expect((failure as Error).message).toContain(sentence);
  expect((failure as Error).message).not.toContain(SECRET);
  expect(store.seen).toHaveLength(1);
});

it("names a key that nobody knows, and a store that is not there", async () => {
  const { bucket: datasets, s3: store } = await bucket({}, { user: "nobody" });
  await expect(datasets.stat("a")).rejects.toThrow(/does not let the key nobody read|knows no key nobody/);
  await expect(datasets.range("a", 0, 1)).rejects.toThrow("knows no key nobody");
  await store.close();
  await expect(datasets.range("a", 0, 1)).rejects.toThrow(
    /does not answer for datasets\/a: no answer \(ECONNREFUSED\)/,
  );
});

it("does not believe a store that holds other bytes than were sent", async () => {
  const { bucket: datasets } = await bucket({ spoil: (body) => Buffer.concat([body, Buffer.from("!")]) });
  await expect(datasets.put("a", Buffer.from("x"))).rejects.toThrow("holds other bytes of a than were sent");
  await expect(datasets.put("b", big(1.5))).rejects.toThrow("answers 400 InvalidPart for datasets/b");
});

it("puts what is large in parts, and nothing of it stays unfinished", async () => {
  const { bucket: datasets, s3: store } = await bucket();
  const body = big(2.5);
  let sent = 0;
  const { etag } = await datasets.put("film.mp4", Readable.from(pieces(body)), { sent: (bytes) => (sent += bytes) });
  expect(store.objects.get("film.mp4")?.equals(body)).toBe(true);
  expect(etag).toBe(store.etags.get("film.mp4"));
  expect(etag).toMatch(/-3$/);
  expect(sent).toBe(body.length);
  expect(store.uploads.size).toBe(0);
});

it("removes the parts of an upload that is broken off, unless the next is to go on with them", async () => {
  const refuse: Script["fault"] = ({ query }) =>
    query.get("partNumber") === "3" ? { status: 403, code: "AccessDenied" } : undefined;
  const { bucket: datasets, s3: store } = await bucket({ fault: refuse });
  await expect(datasets.put("film.mp4", big(3.5))).rejects.toThrow("403");
  expect(store.uploads.size).toBe(0);
  await expect(datasets.put("film.mp4", big(3.5), { resume: true })).rejects.toThrow("403");
  expect(store.uploads.size).toBe(1);
});

it("goes on where an upload of the same bytes was broken off, and sends the parts again that are others", async () => {
  let refuses = true;
  const fault: Script["fault"] = ({ query }) =>
    refuses && query.get("partNumber") === "3" ? { status: 403, code: "AccessDenied" } : undefined;
  const { bucket: datasets, s3: store } = await bucket({ fault });
  const body = big(3.5);
  await datasets.put("film.mp4", body, { resume: true }).catch(() => undefined);
  refuses = false;
  store.seen.length = 0;
  body[0] = 0;
  const { etag } = await datasets.put("film.mp4", body, { resume: true });
  const parts = store.seen.filter(({ method, query }) => method === "PUT" && query.has("partNumber"));
  expect(parts.map(({ query }) => query.get("partNumber"))).toContain("1");
  expect(parts.map(({ query }) => query.get("partNumber"))).not.toContain("2");
  expect(store.objects.get("film.mp4")?.equals(body)).toBe(true);
  expect(store.etags.get("film.mp4")).toBe(etag);
  expect(store.uploads.size).toBe(0);
});

it("takes an upload for done whose answer was lost", async () => {
  const lost: Script["fault"] = ({ method, query }) =>
    method === "POST" && query.has("uploadId") ? "cut body" : undefined;
  const { bucket: datasets, s3: store } = await bucket({ fault: times(1, lost) });
  const { etag } = await datasets.put("film.mp4", big(1.5));
  expect(store.etags.get("film.mp4")).toBe(etag);
});

it("puts nothing of a body that is shorter than was said", async () => {
  const { bucket: datasets, s3: store } = await bucket();
  const put = datasets.put("a", Readable.from([Buffer.from("ab")]), { size: 3 });
  await expect(put).rejects.toThrow("was to have 3 bytes and has 2");
  await expect(datasets.put("b", Readable.from(pieces(big(1.5))), { size: PART * 2 })).rejects.toThrow(
    "it changed while it was read",
  );
  expect(store.objects.size + store.uploads.size).toBe(0);
});

it("ends at once when the run does", async () => {
  const ending = new AbortController();
  const { bucket: datasets, s3: store } = await bucket(
    { fault: () => ({ status: 503, code: "SlowDown" }) },
    { signal: ending.signal },
  );
  const put = datasets.put("a", Buffer.from("x"));
  setTimeout(() => ending.abort(new Error("Stopped.")), 10);
  await expect(put).rejects.toThrow("Stopped.");
  expect(store.seen.length).toBeLessThan(4);
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function* pieces(body: Buffer) {
  for (let at = 0; at < body.length; at += 7_001) yield body.subarray(at, at + 7_001);
}

it("signs by the time that it says, though a second goes by meanwhile", async () => {
  const { bucket: datasets, s3: store } = await bucket();
  const Now = Date;
  let time = Now.now();
  // Each look at the clock is 600 ms after the last.
  vi.stubGlobal(
    "Date",
    class extends Now {
      constructor(...at: [] | [number | string | Date]) {
        super(at[0] ?? (time += 600));
      }
    },
  );
  try {
    for (let at = 0; at < 4; at += 1) await datasets.put(`${at}`, Buffer.from("x"));
  } finally {
    vi.unstubAllGlobals();
  }
  for (const { method, key, headers } of store.seen) {
    const { authorization = "" } = headers;
    const [, names = ""] = /SignedHeaders=([^,]+)/.exec(authorization) ?? [];
    const signer = new aws4.RequestSigner(
      {
        ...{ service: "s3", region: "us-east-1", method, path: `/datasets/${key}`, doNotModifyHeaders: true },
        headers: Object.fromEntries(names.split(";").map((name) => [name, headers[name]])),
      },
      { accessKeyId: SCRIPTED_USER, secretAccessKey: SECRET },
    );
    Object.assign(signer, { datetime: headers["x-amz-date"] });
    expect(signer.sign().headers?.["Authorization"]).toBe(authorization);
  }
  expect(store.seen).toHaveLength(4);
});
