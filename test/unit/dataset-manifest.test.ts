import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CloudStorageConfig } from "../../components/cvat/plan.ts";
import { storageUrns, unnamedIn, withManifest } from "../../automation/data/dataset/manifest/in-stack.ts";
import { gather } from "../../automation/data/dataset/manifest/gather.ts";
import { makeManifest, type MakeOptions } from "../../automation/data/dataset/manifest/make.ts";
import { Runs } from "../../automation/data/dataset/manifest/runs.ts";
import { memoryBucket, type MemoryBucket } from "../data/memory-bucket.ts";
import { draw } from "../data/pictures/draw.ts";

let folder = "";
beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), "manifest-"))));
afterEach(() => rm(folder, { recursive: true }));

const make = (bucket: MemoryBucket, options: Partial<MakeOptions> = {}) =>
  makeManifest(bucket, "run", { folder, parallel: 4, ...options });
const linesOf = (bucket: MemoryBucket) => bucket.objects.get("run/manifest.jsonl")?.toString("utf8").split("\n") ?? [];

describe("a manifest", () => {
  it("is as CVAT's own creator writes it", async () => {
    const jpeg = await draw("jpeg");
    const bucket = memoryBucket({
      "run/a/f10.jpg": jpeg,
      "run/a/f1.jpg": jpeg,
      "run/dots/a.b.c.jpeg": jpeg,
      "run/UP/X.JPG": await draw("jpeg", { turn: 6 }),
      "run/ü/é 1.png": await draw("png", { width: 10, height: 20 }),
      "run/😀.webp": await draw("webp"),
      "run/notes.txt": Buffer.from("x"),
      "run/film.mp4": Buffer.from("x"),
      "run/": Buffer.alloc(0),
      "other/b.jpg": jpeg,
    });
    const made = await make(bucket);
    expect(made).toMatchObject({ key: "run/manifest.jsonl", pictures: 6, read: 6, films: 1, others: 1, written: true });
    const lines = linesOf(bucket);
    expect(lines.slice(0, 2)).toEqual(['{"version":"1.1"}', '{"type":"images"}']);
    expect(lines.at(-1)).toBe("");
    const records = lines.slice(2, -1);
    // Separators without blanks, ASCII alone, names below the manifest's folder without their last ending.
    expect(records.map((line) => line.replace(/,"etag".*/, ""))).toEqual([
      '{"name":"UP/X","extension":".JPG","width":48,"height":64',
      '{"name":"a/f1","extension":".jpg","width":64,"height":48',
      '{"name":"a/f10","extension":".jpg","width":64,"height":48',
      '{"name":"dots/a.b.c","extension":".jpeg","width":64,"height":48',
      '{"name":"\\u00fc/\\u00e9 1","extension":".png","width":10,"height":20',
      '{"name":"\\ud83d\\ude00","extension":".webp","width":64,"height":48',
    ]);
  });

  it("of objects that did not change is not read again, and not written again", async () => {
    const bucket = memoryBucket(Object.fromEntries(await pictures(30)));
    await make(bucket);
    const before = linesOf(bucket);
    bucket.asked.ranges = [];
    bucket.asked.puts = [];
    expect(await make(bucket)).toMatchObject({ pictures: 30, read: 0, written: false, unchanged: true });
    expect([bucket.asked.ranges, bucket.asked.puts]).toEqual([[], []]);

    bucket.objects.set("run/p07.jpg", await draw("jpeg", { width: 99, height: 11 }));
    bucket.objects.set("run/p03b.jpg", await draw("jpeg", { width: 98, height: 12 }));
    bucket.objects.delete("run/p20.jpg");
    expect(await make(bucket)).toMatchObject({ pictures: 30, read: 2, written: true, unchanged: false });
    // What stands before the first change is taken from the manifest itself.
    expect(bucket.asked.ranges).toEqual(["run/p03b.jpg", "run/manifest.jsonl", "run/p07.jpg"]);
    const after = linesOf(bucket);
    expect(after.filter((line) => !before.includes(line)).map((line) => line.replace(/,"etag".*/, ""))).toEqual([
      '{"name":"p03b","extension":".jpg","width":98,"height":12',
      '{"name":"p07","extension":".jpg","width":99,"height":11',
    ]);
  });

  it("of an object of the same size and other bytes is read again", async () => {
    const bucket = memoryBucket(Object.fromEntries(await pictures(3)));
    await make(bucket);
    const other = Buffer.from(bucket.objects.get("run/p01.jpg") ?? "");
    other[other.length - 3] = (other[other.length - 3] ?? 0) ^ 1;
    bucket.objects.set("run/p01.jpg", other);
    expect(await make(bucket)).toMatchObject({ read: 1, written: true });
  });

  it("believes no record that does not say of which bytes it speaks, and none out of order", async () => {
    const bucket = memoryBucket(Object.fromEntries(await pictures(4)));
    await make(bucket);
    const [version = "", type = "", ...records] = linesOf(bucket);
    const foreign = (line: string) => line.replace(/,"etag".*/, "}").replace('"width":64', '"width":1');
    for (const lines of [records.map(foreign), [...records.slice(0, -1)].reverse(), ["{broken", ...records.slice(1)]]) {
      bucket.objects.set("run/manifest.jsonl", Buffer.from([version, type, ...lines].join("\n")));
      const made = await make(bucket);
      expect(made.written).toBe(true);
      expect(made.read).toBeGreaterThan(0);
      expect(linesOf(bucket).slice(2, -1)).toEqual(records.slice(0, -1));
    }
  });

  it("is written again where one of its records has no object any more, though nothing is read for it", async () => {
    const bucket = memoryBucket(Object.fromEntries(await pictures(4)));
    await make(bucket);
    bucket.objects.delete("run/p03.jpg");
    expect(await make(bucket)).toMatchObject({ pictures: 3, read: 0, written: true });
  });

  it("is whole again where its last line had no end", async () => {
    const bucket = memoryBucket(Object.fromEntries(await pictures(3)));
    await make(bucket);
    const whole = linesOf(bucket);
    bucket.objects.set("run/manifest.jsonl", Buffer.from(whole.join("\n").trimEnd()));
    bucket.objects.set("run/z.jpg", await draw("jpeg"));
    expect(await make(bucket)).toMatchObject({ pictures: 4, written: true });
    expect(linesOf(bucket).slice(0, 5)).toEqual(whole.slice(0, 5));
    bucket.objects.delete("run/z.jpg");
    bucket.objects.set("run/manifest.jsonl", Buffer.from(whole.join("\n").trimEnd()));
    expect(await make(bucket)).toMatchObject({ unchanged: false, written: true });
    expect(linesOf(bucket)).toEqual(whole);
  });

  it("is gathered in parts by ranges of names, which together are the whole", async () => {
    const bucket = memoryBucket(Object.fromEntries(await pictures(9)));
    await make(bucket);
    bucket.objects.set("run/p04.jpg", await draw("jpeg", { width: 12, height: 34 }));
    const records: string[] = [];
    for (const part of [{ until: "p02.jpg" }, { after: "p02.jpg", until: "p05b" }, { after: "p05b" }]) {
      const { file = "", gathered } = await gather(bucket, "run", { folder, parallel: 2, part });
      expect(gathered).toMatchObject({ pictures: 3, unchanged: false });
      records.push(...(await textOf(file)).split("\n").slice(2, -1));
    }
    await make(bucket);
    expect(records).toEqual(linesOf(bucket).slice(2, -1));
  });

  it("is not written where a picture has no size, unless such are left out", async () => {
    const files = {
      ...Object.fromEntries(await pictures(2)),
      "run/none.jpg": Buffer.alloc(0),
      "run/page.png": Buffer.from("<html>"),
    };
    const bucket = memoryBucket(files);
    expect(await make(bucket)).toMatchObject({
      written: false,
      broken: { count: 2, first: [{ name: "none.jpg", why: "it has zero bytes" }, { name: "page.png" }] },
    });
    expect(await make(bucket, { dryRun: true, skipBroken: true })).toMatchObject({ written: false, pictures: 2 });
    expect(bucket.asked.puts).toEqual([]);
    expect(await make(bucket, { skipBroken: true })).toMatchObject({ written: true, pictures: 2 });
  });

  it("is in order where the listing is not", async () => {
    const files = Object.fromEntries(await pictures(12));
    const sorted = memoryBucket(files);
    await make(sorted);
    const backwards = memoryBucket(files, (one, other) => (one < other ? 1 : -1));
    await make(backwards);
    expect(linesOf(backwards)).toEqual(linesOf(sorted));
  });
});

describe("sorting on disk", () => {
  const line = (name: string) => JSON.stringify({ name, extension: "" });

  it("writes one file of what comes in order, and merges the others", async () => {
    const inOrder = new Runs(folder, 3);
    for (const name of ["a", "b", "c", "d"]) await inOrder.add(name, line(name));
    expect(await textOf(await inOrder.finish())).toBe(
      `{"version":"1.1"}\n{"type":"images"}\n${["a", "b", "c", "d"].map((one) => `${line(one)}\n`).join("")}`,
    );
    expect(await readdir(folder)).toEqual(["run-0"]);
  });

  it.each([1, 2, 3, 100])("sorts anything, %s at a time", async (held) => {
    const names = Array.from({ length: 50 }, (_, at) => `n${String((at * 37) % 50).padStart(2, "0")}`);
    const runs = new Runs(folder, held);
    for (const name of names) await runs.add(name, line(name));
    const text = await textOf(await runs.finish());
    expect(text.split("\n").slice(2, -1)).toEqual([...names].sort().map(line));
  });

  it("of nothing is a header", async () => {
    expect(await textOf(await new Runs(folder).finish())).toBe('{"version":"1.1"}\n{"type":"images"}\n');
  });
});

describe("a manifest in the stack file", () => {
  const storage = (name: string, more: Partial<CloudStorageConfig> = {}): CloudStorageConfig => ({
    ...{ name, role: name, prefix: "", description: "Made with the lab's object store.", manifests: [], force: false },
    ...more,
  });

  it("goes to the storages that show it and do not name it", () => {
    const storages = [
      storage("datasets"),
      storage("named", { role: "datasets", manifests: ["run/manifest.jsonl"] }),
      storage("elsewhere", { role: "datasets", prefix: "other/" }),
      storage("cvat"),
    ];
    expect(unnamedIn(storages, "datasets", "run/manifest.jsonl").map(({ name }) => name)).toEqual(["datasets"]);
  });

  it("stands beside those that are named, and comments stay", () => {
    const text = `# A lab.
config:
  vision-platform:cvat:
    host: cvat.example.com # reached so
    cloudStorages:
      - name: datasets # pictures
        role: datasets
        manifests: [old/manifest.jsonl]
      - name: cvat
        role: cvat
`;
    const all = [storage("datasets", { manifests: ["old/manifest.jsonl"] }), storage("cvat")];
    expect(withManifest(text, all, all, "run/manifest.jsonl")).toBe(
      text
        .replace("[old/manifest.jsonl]", "[ old/manifest.jsonl, run/manifest.jsonl ]")
        .concat("        manifests:\n          - run/manifest.jsonl\n"),
    );
  });

  it("writes the storages down that a stack file has by default, as they are", () => {
    const all = [storage("datasets"), storage("cvat")];
    const text = withManifest(
      "config:\n  vision-platform:cvat:\n    host: x\n",
      all,
      all.slice(0, 1),
      "run/manifest.jsonl",
    );
    expect(text).toBe(`config:
  vision-platform:cvat:
    host: x
    cloudStorages:
      - name: datasets
        role: datasets
        description: Made with the lab's object store.
        manifests:
          - run/manifest.jsonl
      - name: cvat
        role: cvat
        description: Made with the lab's object store.
`);
  });

  it("is applied to the records of those storages alone", () => {
    expect(
      storageUrns("homelab", [storage("a"), storage("b", { organization: "" })], "lab").map((urn) =>
        urn.split("::").pop(),
      ),
    ).toEqual(["cvat-storage-lab-a", "cvat-storage-b"]);
  });
});

async function pictures(count: number): Promise<[string, Buffer][]> {
  return Promise.all(
    Array.from(
      { length: count },
      async (_, at) =>
        [`run/p${String(at).padStart(2, "0")}.jpg`, await draw("jpeg", { seed: at + 1 })] as [string, Buffer],
    ),
  );
}

async function textOf(file: string): Promise<string> {
  return readFile(file, "utf8");
}
