import { appendFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  scriptedS3,
  SCRIPTED_SECRET,
  SCRIPTED_USER,
  type Script,
  type ScriptedS3,
} from "../../automation/bench/store/scripted-s3.ts";
import { movedText } from "../../automation/data/dataset/moved-text.ts";
import { byBytes } from "../../automation/data/dataset/order.ts";
import { pull } from "../../automation/data/dataset/pull.ts";
import { push } from "../../automation/data/dataset/push.ts";
import { isSame } from "../../automation/data/dataset/same.ts";
import { summaryOf, summaryText } from "../../automation/data/dataset/summary.ts";
import { walk } from "../../automation/data/dataset/walk.ts";
import { bucketOf } from "../../automation/data/store/bucket.ts";
import type { Store } from "../../automation/data/store/objects.ts";
import { etagOfParts, md5Of } from "../../automation/data/store/parts.ts";
import { PIECE } from "../../automation/data/store/pieces.ts";

let folder: string;
let s3: ScriptedS3;
let fault: NonNullable<Script["fault"]> | undefined;
let spoil: NonNullable<Script["spoil"]> | undefined;
let bucket: Store;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-dataset-"));
  s3 = await scriptedS3({ fault: (seen) => fault?.(seen), spoil: (body) => spoil?.(body) ?? body });
  const place = { server: s3.server, tls: false, region: "us-east-1", user: SCRIPTED_USER, password: SCRIPTED_SECRET };
  bucket = bucketOf(place, "datasets", { firstPauseMs: 1 });
});
afterEach(async () => {
  fault = undefined;
  spoil = undefined;
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

async function files(all: Record<string, string>, below = folder): Promise<void> {
  for (const [name, text] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(below, name)), { recursive: true });
    await writeFile(path.join(below, name), text);
  }
}
const TREE = {
  "1.jpg": "one",
  "a/2.jpg": "two",
  "a-b/3 (x)+%.jpg": "three",
  "день/\u{1F600}.jpg": "four",
  "день/\uff21.jpg": "five",
  empty: "",
};
const to = (options: Partial<Parameters<typeof push>[1]> = {}) => ({
  folder,
  prefix: "streets/",
  dryRun: false,
  others: "count" as const,
  ...options,
});
const puts = () => s3.seen.filter(({ method }) => method === "PUT").map(({ key }) => key);
async function contents(below: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(below, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const at = path.join(entry.parentPath, entry.name);
      found[path.relative(below, at)] = await readFile(at, "utf8");
    }
  return found;
}

describe("push", () => {
  it("sends what is missing, and of the next push only what differs", async () => {
    await files(TREE);
    const first = await push(bucket, to());
    expect(first.moved.files).toBe(6);
    expect([...s3.objects.keys()].sort()).toEqual(
      Object.keys(TREE)
        .map((name) => `streets/${name}`)
        .sort(),
    );
    s3.seen.length = 0;
    // Another size, the same size with other bytes, and one more.
    await files({ "1.jpg": "once", "a/2.jpg": "owt", "new.jpg": "new" });
    const second = await push(bucket, to());
    expect(puts().sort()).toEqual(["streets/1.jpg", "streets/a/2.jpg", "streets/new.jpg"]);
    expect(second).toMatchObject({ moved: { files: 3 }, replaced: 2, unchanged: { files: 4 } });
    s3.seen.length = 0;
    expect(await push(bucket, to())).toMatchObject({ moved: { files: 0 }, unchanged: { files: 7 } });
    expect(puts()).toEqual([]);
  });

  it("compares and sends nothing with a dry run", async () => {
    await files(TREE);
    expect(await push(bucket, to({ dryRun: true, others: "remove" }))).toMatchObject({ moved: { files: 6 } });
    expect(s3.seen.every(({ method }) => method === "GET")).toBe(true);
  });

  it("leaves what only the bucket has, unless it is to be removed, and nothing beside the prefix", async () => {
    await files(TREE);
    for (const key of ["streets/old.jpg", "streets/a/older.jpg", "streets2/x.jpg", "street"])
      await bucket.put(key, Buffer.from("x"));
    const counted = await push(bucket, to());
    expect(counted.others).toEqual({ count: 2, first: ["streets/a/older.jpg", "streets/old.jpg"], removed: 0 });
    expect(s3.objects.has("streets/old.jpg")).toBe(true);
    const removed = await push(bucket, to({ others: "remove" }));
    expect(removed.others.removed).toBe(2);
    expect([...s3.objects.keys()].filter((key) => !key.startsWith("streets/")).sort()).toEqual([
      "street",
      "streets2/x.jpg",
    ]);
    expect(s3.objects.size).toBe(8);
  });

  it("tells every name that does not go before anything is sent, the first 20 and how many", async () => {
    const long = `${`${"l".repeat(200)}/`.repeat(5)}${"x".repeat(30)}.jpg`;
    await files({ ...TREE, [long]: "x", "line\nbreak.jpg": "x", "back\\slash.jpg": "x" });
    for (let at = 0; at < 25; at++) await symlink("nowhere", path.join(folder, `link-${at}`));
    await symlink("a", path.join(folder, "folder-link"));
    const failure = await push(bucket, to()).catch((error: unknown) => String(error));
    expect(failure).toContain("29 of 35 files do not go, so none was sent:");
    expect(failure).toContain(`"back\\\\slash.jpg": MinIO takes a backslash for a slash`);
    expect(failure).toContain('"folder-link": a link to a folder; only links to files are followed');
    expect(failure).toContain('"link-0": it cannot be looked at (ENOENT)');
    expect(failure).toContain("  and 9 more");
    expect(s3.seen).toEqual([]);
  });

  it("sends a link to a file as that file, and not what a killed pull left", async () => {
    await files({ "a.jpg": "bytes", [`.vision-platform-${"0".repeat(32)}.part`]: "half" });
    await symlink("a.jpg", path.join(folder, "b.jpg"));
    await push(bucket, to());
    expect(Object.fromEntries([...s3.objects].map(([key, bytes]) => [key, bytes.toString()]))).toEqual({
      "streets/a.jpg": "bytes",
      "streets/b.jpg": "bytes",
    });
  });

  it("goes on with the others where a file is taken away, and says which", async () => {
    await files(TREE);
    // While the bucket is listed, after the names were looked at.
    fault = ({ query }) => {
      if (query.has("list-type")) rmSync(path.join(folder, "a/2.jpg"), { force: true });
      return undefined;
    };
    const result = await push(bucket, to());
    expect(result.failed).toEqual({ count: 1, first: [{ path: "a/2.jpg", why: "it cannot be read (ENOENT)" }] });
    expect(s3.objects.size).toBe(5);
  });

  it("does not send a file that grows while it is read", async () => {
    await files({ "a.jpg": "bytes", "b.jpg": "bytes" });
    fault = ({ query }) => {
      if (query.has("list-type")) appendFileSync(path.join(folder, "a.jpg"), "more");
      return undefined;
    };
    const { failed } = await push(bucket, to());
    expect(failed.first).toEqual([{ path: "a.jpg", why: "it changed while it was read, and was not sent" }]);
    expect([...s3.objects.keys()]).toEqual(["streets/b.jpg"]);
  });

  it("stops where the store refuses, in one sentence", async () => {
    await files(TREE);
    fault = ({ method }) => (method === "PUT" ? { status: 403, code: "AccessDenied" } : undefined);
    await expect(push(bucket, to())).rejects.toThrow(
      /^The object store at .* does not let the key person write datasets\/streets\//,
    );
  });
});

describe("pull", () => {
  const out = () => path.join(folder, "out");

  it("fetches what was pushed, byte for byte, and of the next pull only what differs", async () => {
    await files(TREE);
    await push(bucket, to());
    expect((await pull(bucket, to({ folder: out() }))).moved.files).toBe(6);
    expect(await contents(out())).toEqual(TREE);
    await files({ "1.jpg": "eno", "a/2.jpg": "longer", "mine.jpg": "mine" }, out());
    s3.seen.length = 0;
    const again = await pull(bucket, to({ folder: out() }));
    expect(again).toMatchObject({
      moved: { files: 2 },
      replaced: 2,
      unchanged: { files: 4 },
      others: { count: 1, removed: 0 },
    });
    expect(await contents(out())).toEqual({ ...TREE, "mine.jpg": "mine" });
    await pull(bucket, to({ folder: out(), others: "remove" }));
    expect(await contents(out())).toEqual(TREE);
  });

  it("lets no key climb out of the folder", async () => {
    for (const key of ["streets/../up.jpg", "streets/a/../../up.jpg", "streets/a//b.jpg", "streets/ok.jpg"])
      s3.objects.set(key, Buffer.from("x"));
    const failure = await pull(bucket, to({ folder: out() })).catch((error: unknown) => String(error));
    expect(failure).toContain("3 of 4 objects do not go, so none was fetched:");
    expect(failure).toContain('"../up.jpg": it would lie outside of the folder');
    expect(await readdir(folder)).toEqual([]);
  });

  it("writes through no link, and replaces one that stands where a file goes", async () => {
    await files({ "elsewhere/kept.txt": "kept", "out/x": "x" });
    await bucket.put("streets/a/1.jpg", Buffer.from("one"));
    await bucket.put("streets/b.jpg", Buffer.from("two"));
    await symlink("../elsewhere", path.join(out(), "a"));
    await symlink("../elsewhere/kept.txt", path.join(out(), "b.jpg"));
    const { failed } = await pull(bucket, to({ folder: out() }));
    expect(failed.first).toEqual([{ path: "a/1.jpg", why: "a is a link here, and nothing is written through it" }]);
    expect(await contents(path.join(folder, "elsewhere"))).toEqual({ "kept.txt": "kept" });
    expect(await readFile(path.join(out(), "b.jpg"), "utf8")).toBe("two");
  });

  it("keeps nothing whose checksum is another", async () => {
    await bucket.put("streets/a.jpg", Buffer.from("one"));
    s3.objects.set("streets/a.jpg", Buffer.from("eno"));
    const { failed } = await pull(bucket, to({ folder: out() }));
    expect(failed.first[0]?.why).toContain("what came is not what its checksum says");
    expect(await contents(out())).toEqual({});
  });

  it("comes through busy answers and cut lines", async () => {
    await files(TREE);
    const seen = new Map<string, number>();
    fault = ({ method, key }) => {
      const times = seen.get(method + key) ?? 0;
      seen.set(method + key, times + 1);
      return [{ status: 503, code: "SlowDown" }, "cut" as const, "cut body" as const][times];
    };
    await push(bucket, to());
    await pull(bucket, to({ folder: out() }));
    expect(await contents(out())).toEqual(TREE);
  });

  it("goes on with what a killed run has fetched, and clears away what is of no use any more", async () => {
    const bytes = Buffer.alloc(2 * PIECE + 10, "0123456789");
    await bucket.put("streets/a.bin", bytes);
    let pieces = 0;
    fault = ({ method, key }) =>
      method === "GET" && key !== "" && ++pieces === 2 ? { status: 403, code: "AccessDenied" } : undefined;
    await pull(bucket, to({ folder: out() })).catch(() => undefined);
    const [part = ""] = await readdir(out());
    expect(part).toMatch(/^\.vision-platform-[0-9a-f]{32}\.part$/);
    // Compared as bytes: what says how two arrays differ takes minutes for so many.
    expect((await readFile(path.join(out(), part))).equals(bytes.subarray(0, PIECE))).toBe(true);
    await writeFile(path.join(out(), `.vision-platform-${"0".repeat(32)}.part`), "of another");
    fault = undefined;
    s3.seen.length = 0;
    await pull(bucket, to({ folder: out() }));
    expect(s3.seen.find(({ key }) => key !== "")?.headers.range).toBe(`bytes=${PIECE}-${2 * PIECE - 1}`);
    expect(await readdir(out())).toEqual(["a.bin"]);
    expect((await readFile(path.join(out(), "a.bin"))).equals(bytes)).toBe(true);
  });
});

it("walks in the order in which S3 lists", async () => {
  await files(TREE);
  const walked: string[] = [];
  for await (const { path: file } of walk(folder)) walked.push(file);
  expect(walked).toEqual([...walked].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  expect(walked).toHaveLength(6);
  expect(byBytes("\u{1F600}", "\uff21")).toBeGreaterThan(0);
});

it("knows bytes by ETags of other programs, too", async () => {
  const bytes = Buffer.alloc(12_000_000, "picture");
  const file = path.join(folder, "film.mp4");
  await writeFile(file, bytes);
  for (const part of [8 * 1024 * 1024, 5 * 1024 * 1024, 10_000_000]) {
    const md5s: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += part) md5s.push(md5Of(bytes.subarray(at, at + part)));
    expect(await isSame(file, bytes.length, etagOfParts(md5s))).toBe(true);
  }
  expect(await isSame(file, bytes.length, `${"0".repeat(32)}-2`)).toBe(false);
  await rename(file, `${file}.moved`);
});

it("counts by folder and format", async () => {
  await files({ ...TREE, "a/b/4.JPG": "xx", "a/b/4.txt": "0 0.5 0.5 1 1" });
  await push(bucket, to());
  await bucket.put("streets/mark/", Buffer.alloc(0));
  const summary = await summaryOf("datasets", "streets/", bucket.list("streets/"), 1);
  expect(summary).toMatchObject({
    objects: 8,
    empty: 1,
    folders: { "": { objects: 2 }, "a/": { objects: 3 }, "a-b/": { objects: 1 }, "день/": { objects: 2 } },
    formats: { jpg: { objects: 6 }, txt: { objects: 1 }, "": { objects: 1 } },
  });
  const text = summaryText(summary);
  expect(text).toContain("datasets/streets/: 8 objects, 34 B");
  expect(text.split("\n").every((line) => line.length <= 80)).toBe(true);
  const deep = await summaryOf("datasets", "streets/", bucket.list("streets/"), 2);
  expect(deep.folders["a/b/"]).toEqual({ objects: 2, bytes: 15 });
});

it("says what it came to", () => {
  const words = {
    did: "Sent",
    would: "would be sent",
    onlyThere: "only in the bucket",
    name: "streets",
    deletes: true,
    dryRun: false,
  };
  const moved = {
    moved: { files: 1, bytes: 20_000 },
    replaced: 1,
    unchanged: { files: 1200, bytes: 24_000_000 },
    others: { count: 1, first: ["streets/old.jpg"], removed: 0 },
    failed: { count: 0, first: [] },
  };
  expect(movedText(moved, words)).toBe(
    [
      "Sent: 1 file, 20.0 kB, 1 of them in the place of others.",
      "Unchanged by size and checksum: 1,200 files, 24.0 MB.",
      "1 file only in the bucket would be removed; to do it: --delete --yes streets",
      "  streets/old.jpg",
    ].join("\n"),
  );
});
