import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheAdvice, cacheNeed } from "../../automation/data/dataset/check/cache-need.ts";
import { TextSet, hashOf } from "../../automation/data/dataset/check/hashes.ts";
import { checkDataset, type CheckReport } from "../../automation/data/dataset/check/report.ts";
import { checkText } from "../../automation/data/dataset/check/text.ts";
import { byBytes } from "../../automation/data/dataset/order.ts";
import { inOrder } from "../../automation/data/dataset/in-order.ts";
import { bucketSource, folderSource, type DataSource } from "../../automation/data/dataset/source.ts";
import { FilmReader } from "../../automation/data/pictures/film.ts";
import { memoryBucket } from "../data/memory-bucket.ts";
import { draw } from "../data/pictures/draw.ts";

const GI = 2 ** 30;
const ROOM = { most: 42 * GI, free: 42 * GI };
const films = new FilmReader();
const check = (source: DataSource) => checkDataset(source, { films, parallel: 4, quality: 70, room: ROOM });
const of = (report: CheckReport, kind: string) => report.findings.find((one) => one.kind === kind);

describe("a data set", () => {
  it("that is sound says so", async () => {
    const report = await check(
      bucketSource(
        memoryBucket({
          "run/images/a.jpg": await draw("jpeg"),
          "run/labels/a.txt": box(0),
          "run/data.yaml": Buffer.from("names: [car]"),
        }),
        "run",
      ),
    );
    expect(report).toMatchObject({
      ...{ source: "datasets/run/", verdict: "sound", findings: [] },
      counts: { files: 3, pictures: { count: 1, wide: 1, sizes: { "64x48": 1 } }, labels: { files: 1, boxes: 1 } },
      cache: { measured: 1, advice: [] },
    });
    expect(checkText(report)).toContain("datasets/run/: CVAT takes it as it is.");
  });

  it("names by name what is wrong, and CVAT would fail on", async () => {
    const jpeg = await draw("jpeg");
    const report = await check(
      bucketSource(
        memoryBucket({
          "r/images/Ä.jpg": jpeg,
          "r/images/a\u0308.png": await draw("png"),
          "r/images/cut.jpg": jpeg.subarray(0, 500),
          "r/images/none.jpg": none(),
          "r/images/turned.jpg": await draw("jpeg", { turn: 6 }),
          "r/images/high.tif": await draw("tiff", { turn: 6 }),
          "r/images/line\nbreak.jpg": jpeg,
          "r/images/really.png": jpeg,
          "r/images//twice.jpg": jpeg,
          "r/labels/Ä.txt": box(3),
          "r/labels/cut.txt": Buffer.from("0 0.5 0.5 0.1 0.1\n0 0.5 1.5 0.1 0.1\n"),
          "r/labels/lonely.txt": none(),
          "r/notes.md": none(),
          "r/obj.names": Buffer.from("car\nperson\n"),
          "r/all.zip": none(),
        }),
        "r/",
      ),
    );
    expect(report.verdict).toBe("breaks");
    const found = Object.fromEntries(report.findings.map(({ kind, count, first }) => [kind, [count, first[0]]]));
    expect(found).toMatchObject({
      empty: [1, { name: "images/none.jpg", detail: "it has zero bytes" }],
      cutOff: [1, { name: "images/cut.jpg" }],
      badPath: [1, { name: "images//twice.jpg" }],
      mixed: [2, { name: "9 pictures" }],
      label: [1, { name: "labels/cut.txt:2", detail: 'y is a share of the picture, from 0 to 1, and not "1.5"' }],
      labelAlone: [1, { name: "labels/lonely.txt" }],
      classes: [1, { name: "labels/Ä.txt", detail: "class 3, 1 boxes, of 2 classes" }],
      sameName: [1, { name: "images/a\u0308.png", detail: "images/Ä.jpg" }],
      otherFormat: [1, { name: "images/really.png", detail: "it is a JPEG" }],
      turned: [1, { name: "images/turned.jpg" }],
      turnedTiff: [1, { name: "images/high.tif" }],
      oddName: [1, { name: "images/line\nbreak.jpg" }],
      left: [1, { name: "notes.md" }],
    });
    // Of those with a label file the accents are spelled as the picture's.
    expect(of(report, "pictureAlone")?.count).toBe(7);
    expect(report.counts.labels.classes).toEqual({
      0: { count: 1, first: "labels/cut.txt" },
      3: { count: 1, first: "labels/Ä.txt" },
    });
  });

  it("that has no label files at all is not told that they are missing", async () => {
    const report = await check(bucketSource(memoryBucket({ "a.jpg": await draw("jpeg") }), ""));
    expect([report.verdict, report.findings]).toEqual(["sound", []]);
  });

  it("of many broken files tells the first twenty and the count, in at most 80 columns, and sends no commands to a terminal", async () => {
    const files = Array.from(
      { length: 50 },
      (_, at) => [`p/${"long/".repeat(30)}${at}\u001b[31m.jpg`, none()] as const,
    );
    const report = await check(bucketSource(memoryBucket(Object.fromEntries(files)), "p"));
    expect([of(report, "empty")?.count, of(report, "empty")?.first.length]).toEqual([50, 20]);
    const text = checkText(report);
    expect(text).toContain("    and 30 more\n");
    expect(text).not.toContain("\u001b");
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it("reads only a part of the names, and both parts together say what the whole says", async () => {
    const jpeg = await draw("jpeg");
    const names = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"];
    const source = bucketSource(memoryBucket(Object.fromEntries(names.map((name) => [`p/${name}`, jpeg]))), "p");
    const read = async (part: { after?: string; until?: string }) => {
      const seen: string[] = [];
      for await (const { name } of source.files(part)) seen.push(name);
      return seen;
    };
    expect([await read({ until: "b.jpg" }), await read({ after: "b.jpg" })]).toEqual([
      names.slice(0, 2),
      names.slice(2),
    ]);
  });
});

describe("a folder", () => {
  let folder = "";
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), "dataset-"))));
  afterEach(() => rm(folder, { recursive: true }));

  it("is walked in the order of whole names, as a bucket lists", async () => {
    for (const name of ["a/x.jpg", "a-b.jpg", "a.jpg", "B/y.jpg", "😀.jpg", "\uff21.jpg"]) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), await draw("jpeg"));
    }
    await symlink("a.jpg", path.join(folder, "link.jpg"));
    await symlink("nothing", path.join(folder, "lost.jpg"));
    const names: string[] = [];
    for await (const file of (await folderSource(folder)).files()) names.push(file.name);
    expect(names).toEqual(["B/y.jpg", "a-b.jpg", "a.jpg", "a/x.jpg", "link.jpg", "\uff21.jpg", "😀.jpg"]);
    expect((await check(await folderSource(folder))).verdict).toBe("sound");
  });

  it("that is none is refused", async () => {
    await expect(folderSource(path.join(folder, "nowhere"))).rejects.toThrow("is no folder");
  });
});

describe("what a task puts into kvrocks", () => {
  const none = { count: 0, frames: 0, pixels: 0, shownPixels: 0 };
  const pictures = { count: 3930, bytes: 50e9, pixels: 3930 * 12e6 };

  it("quality changes what looking takes, not what annotating takes", () => {
    const need = (bytes: number) => cacheNeed({ pictures, films: none }, { count: 12, pixels: 12e6, bytes }, 70, ROOM);
    expect([need(2e6).annotating, need(1e6).annotating]).toEqual([50e9, 50e9]);
    expect(need(1e6).looking * 2).toBe(need(2e6).looking);
  });

  it("says how many pictures fit a day, and what would take all", () => {
    const need = cacheNeed({ pictures, films: none }, { count: 12, pixels: 12e6, bytes: 2e6 }, 70, ROOM);
    const [fewer = "", larger = ""] = cacheAdvice(need);
    const fits = Number(/at most (\d+) pictures/.exec(fewer)?.[1]);
    expect(((need.looking + need.annotating) / 3930) * fits).toBeLessThanOrEqual(42 * GI * 0.9);
    const gi = Number(/room for (\d+) GiB/.exec(larger)?.[1]);
    expect(cacheAdvice({ ...need, room: { most: gi * GI, free: gi * GI } })).toEqual([]);
    expect(cacheAdvice({ ...need, room: { most: (gi - 1) * GI, free: (gi - 1) * GI } })).not.toEqual([]);
  });
});

it("a set of 200,000 texts takes a few bytes of each, and knows them", () => {
  const set = new TextSet();
  let wrong = 0;
  for (let at = 0; at < 200_000; at += 1) if (set.add(hashOf(`images/some/long/folder/${at}`))) wrong += 1;
  expect(wrong).toBe(0);
  expect([set.size, set.add(hashOf("images/some/long/folder/7")), set.has(hashOf("x"))]).toEqual([
    200_000,
    true,
    false,
  ]);
});

it("names are compared by code points, as Python sorts them and S3 lists them", () => {
  const names = ["a/f1", "a b/x", "10", "9", "A", "UP/X", "a/f10", "a/f0", "\uff21", "😀", "é"];
  const inBytes = [...names].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  expect([...names].sort(byBytes)).toEqual(inBytes);
});

describe("work for many in order", () => {
  async function* numbers(count: number) {
    for (let at = 0; at < count; at += 1) yield await Promise.resolve(at);
  }

  it("goes on side by side, no more than was said, and comes out in order", async () => {
    let atWork = 0;
    let most = 0;
    const results: number[] = [];
    const work = async (at: number) => {
      most = Math.max(most, ++atWork);
      await new Promise((done) => setTimeout(done, (7 - at) % 7));
      atWork -= 1;
      return at;
    };
    for await (const result of inOrder(numbers(20), 3, work)) results.push(result);
    expect([results, most]).toEqual([Array.from({ length: 20 }, (_, at) => at), 3]);
  });

  it("ends with the first failure, when what was at work has ended", async () => {
    const ended: number[] = [];
    const work = async (at: number) => {
      await new Promise((done) => setTimeout(done, at === 1 ? 1 : 20));
      ended.push(at);
      if (at === 1) throw new Error("one failed");
      return at;
    };
    const all = async () => {
      for await (const result of inOrder(numbers(10), 4, work)) expect(result).not.toBe(1);
    };
    await expect(all()).rejects.toThrow("one failed");
    expect(ended.length).toBeGreaterThanOrEqual(4);
    expect(ended.length).toBeLessThan(10);
  });
});

function box(number: number): Buffer {
  return Buffer.from(`${number} 0.5 0.5 0.25 0.25\n`);
}

function none(): Buffer {
  return Buffer.alloc(0);
}
