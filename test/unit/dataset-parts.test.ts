import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createReadStream } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect } from "../../automation/data/dataset/check/check.ts";
import { addPart, packed, partBegun } from "../../automation/data/dataset/check/part.ts";
import { checkDataset, judged, nothingYet } from "../../automation/data/dataset/check/report.ts";
import { addTally, countFilm, countSize, emptyTally } from "../../automation/data/dataset/check/tally.ts";
import { hashOf } from "../../automation/data/dataset/check/hashes.ts";
import { gather } from "../../automation/data/dataset/manifest/gather.ts";
import { joinedParts } from "../../automation/data/dataset/manifest/joined-parts.ts";
import { makeManifest, putManifest } from "../../automation/data/dataset/manifest/make.ts";
import { movedSum } from "../../automation/data/dataset/moved-sum.ts";
import { push } from "../../automation/data/dataset/push.ts";
import { Ranges } from "../../automation/data/dataset/ranges.ts";
import { bucketSource, fileOf, type Part } from "../../automation/data/dataset/source.ts";
import type { Room } from "../../automation/data/room/room.ts";
import { FilmReader } from "../../automation/data/pictures/film.ts";
import { memoryBucket, type MemoryBucket } from "../data/memory-bucket.ts";
import { draw, drawBroken } from "../data/pictures/draw.ts";

/** All kinds of what is told of a data set, and of each more than one part has. */
async function files(): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {};
  for (let at = 0; at < 60; at += 1) {
    const name = `run/images/${String(at).padStart(2, "0")}`;
    const size = { width: 20 + (at % 7), height: 20 + (at % 5) };
    found[`${name}.${at % 3 === 0 ? "png" : "jpg"}`] = await draw(at % 3 === 0 ? "png" : "jpeg", { seed: at, ...size });
    if (at % 4 > 0) found[`run/labels/${at}.txt`] = Buffer.from(`${at % 6} 0.5 0.5 0.1 0.1\n0 2 0.5 0.1 0.1\n`);
    if (at % 9 === 0) found[`${name.toLowerCase()}.JPEG`] = await draw("jpeg", { turn: 6 });
    if (at % 2 === 0) found[`run/images/none ${at} .jpg`] = Buffer.alloc(0);
  }
  for (const { name, bytes } of await drawBroken()) found[`run/broken/${name}`] = bytes;
  found["run/images/Ü.jpg"] = found["run/images/u\u0308.jpg"] = await draw("jpeg", { width: 300, height: 300 });
  found["run/zz/film.mp4"] = Buffer.from("no film");
  found["run/zz/all.zip"] = Buffer.from("x");
  found["run/zz/obj.names"] = Buffer.from("car\nbus\n");
  return found;
}

async function rangesOf(bucket: MemoryBucket, wanted: number): Promise<Part[]> {
  const ranges = new Ranges();
  for await (const { name } of bucketSource(bucket, "run").files()) ranges.add(name);
  return ranges.parts(wanted);
}

const ROOM: Room = { most: 1e6, free: 5e5 };

/** Parts of one name, of most names, and of names that are not there. */
const UNEVEN: Part[] = [
  { until: "broken/" },
  { after: "broken/", until: "images/01.jpg" },
  { after: "images/01.jpg", until: "images/02.jpg" },
  { after: "images/02.jpg", until: "zz/all.zip" },
  { after: "zz/all.zip" },
];

describe("a data set that is looked at in parts", () => {
  const films = new FilmReader();

  it("is told as in one piece, to the byte", { timeout: 120_000 }, async () => {
    const bucket = memoryBucket(await files());
    const source = bucketSource(bucket, "run");
    const whole = await checkDataset(source, { films, parallel: 4, quality: 70, room: ROOM });
    expect(whole.findings.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["empty", "mixed", "label", "classes", "sameName", "pictureAlone", "turned"]),
    );
    const cuts = await Promise.all([1, 3, 7].map((wanted) => rangesOf(bucket, wanted)));
    for (const parts of [...cuts, UNEVEN]) {
      const all = nothingYet();
      for (const part of parts) {
        const into = partBegun();
        await collect(source, into, { films, parallel: 4, part, mostSizes: Infinity });
        addPart(all, packed(into), (file) => fileOf(bucket, { ...file, key: `run/${file.name}` }, file.name));
      }
      const joined = await judged(source, all, { deep: false, quality: 70, room: ROOM });
      expect(JSON.stringify(joined)).toBe(JSON.stringify(whole));
    }
  });

  it("counts films as in one piece", () => {
    const films = Array.from({ length: 50 }, (_, at) => ({ width: 100 + at, height: 1080 + at, frames: 7 * at }));
    const count = (of: typeof films) => {
      const tally = emptyTally();
      for (const [at, film] of of.entries())
        countFilm(tally.films, `${at}`, { ...film, container: "MP4", codec: "AVC", seconds: 1 }, at);
      return tally;
    };
    const joined = emptyTally();
    for (const cut of [films.slice(0, 11), films.slice(11)]) addTally(joined, count(cut));
    const { first, bytes, ...rest } = count(films).films;
    expect(joined.films).toMatchObject(rest);
    expect(joined.films.first.length).toBe(first.length);
    expect(bytes).toBeGreaterThan(0);
  });

  it("counts no more sizes one by one than in one piece, and the same ones", () => {
    const sizes = [...Array(12_000).keys(), 3, 11_000, 3].map((width) => ({ width: width + 1, height: 1 }));
    const count = (of: typeof sizes, most?: number) => {
      const tally = emptyTally();
      for (const size of of) countSize(tally.pictures, { ...size, turn: 1, depth: 8 }, most);
      return tally;
    };
    const joined = emptyTally();
    for (const cut of [sizes.slice(0, 11_000), sizes.slice(11_000)]) addTally(joined, count(cut, Infinity));
    expect(joined).toEqual(count(sizes));
    expect(joined.pictures.otherSizes).toBe(2001);
  });
});

describe("a manifest that is gathered in parts", () => {
  let folder = "";
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), "parts-"))));
  afterEach(() => rm(folder, { recursive: true }));

  const inParts = async (bucket: MemoryBucket, parts: readonly Part[]) => {
    const gathered = [];
    for (const part of parts) {
      const own = await mkdtemp(path.join(folder, "part-"));
      const { gathered: counts, file } = await gather(bucket, "run", { folder: own, parallel: 4, part });
      const lines = async () => (file === undefined ? bucket.read(counts.key) : createReadStream(file));
      gathered.push({ gathered: counts, lines });
    }
    return joinedParts(bucket, folder, gathered);
  };

  it("has the bytes of one in one piece, and the same is told of it", async () => {
    const found = await files();
    const one = memoryBucket(found);
    const whole = await makeManifest(one, "run", { folder, parallel: 4, skipBroken: true });
    for (const parts of [await rangesOf(one, 1), await rangesOf(one, 3), UNEVEN]) {
      const bucket = memoryBucket(found);
      const made = await putManifest(bucket, await inParts(bucket, parts), { skipBroken: true });
      expect(made).toEqual(whole);
      expect(bucket.objects.get(made.key)).toEqual(one.objects.get(made.key));

      // Once more: all of it is known, and one of its parts may have all that there is.
      const known = await gather(one, "run", { folder, parallel: 4 });
      expect(known).toMatchObject({ file: undefined, gathered: { unchanged: true, read: whole.broken.count } });
      expect(await inParts(bucket, parts)).toEqual(known);
      expect(await inParts(bucket, [{}, { after: "zzz" }])).toEqual(known);
      bucket.objects.set("run/zzz/last.jpg", await draw("jpeg"));
      const more = await inParts(bucket, [{ until: "zzz" }, { after: "zzz" }]);
      expect((await readFile(more.file ?? "", "utf8")).split("\n").at(-2)).toContain('"zzz/last"');
    }
  });
});

describe("a push that is done in shares", () => {
  let folder = "";
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), "shares-"))));
  afterEach(() => rm(folder, { recursive: true }));

  it("sends what one would send, and tells the same of it", async () => {
    await mkdir(path.join(folder, "deep"));
    for (let at = 0; at < 60; at += 1) await writeFile(path.join(folder, at % 2 ? "deep" : ".", `${at}.txt`), `${at}`);
    const there: Record<string, Buffer> = { "run/0.txt": Buffer.from("0"), "run/2.txt": Buffer.from("other") };
    for (let at = 0; at < 30; at += 1) there[`run/only/${at}.txt`] = Buffer.from("x");
    const [one, several] = [memoryBucket(there), memoryBucket(there)];
    const options = { folder, prefix: "run/", dryRun: false, others: "count" } as const;
    const whole = await push(one, options);
    const parts = [];
    for (let index = 0; index < 7; index += 1)
      parts.push(await push(several, { ...options, share: (file) => hashOf(file) % 7 === index }));
    expect(movedSum(parts)).toEqual(whole);
    expect(several.objects).toEqual(one.objects);
    expect(whole).toMatchObject({ moved: { files: 59 }, unchanged: { files: 1 }, replaced: 1, others: { count: 30 } });
    expect([...several.asked.puts].sort()).toEqual([...one.asked.puts].sort());
  });
});

describe("ranges of names", () => {
  const named = (count: number) => Array.from({ length: count }, (_, at) => `n${String(at).padStart(7, "0")}`);
  const cut = (count: number, wanted: number, held?: number) => {
    const ranges = new Ranges(held);
    for (const name of named(count)) ranges.add(name);
    return ranges.parts(wanted);
  };
  const sizes = (count: number, parts: readonly Part[]) =>
    parts.map(({ after = "", until = "~" }) => named(count).filter((name) => name > after && name <= until).length);

  it("have as many names each, however many there are, and all of them", () => {
    expect(sizes(10, cut(10, 3))).toEqual([3, 4, 3]);
    const many = sizes(100_000, cut(100_000, 7, 512));
    expect(many.reduce((sum, size) => sum + size)).toBe(100_000);
    expect(Math.max(...many) - Math.min(...many)).toBeLessThan(2 * 512);
    expect(cut(5, 1)).toEqual([{}]);
  });

  it("are no more than there are names, and follow on each other", () => {
    expect(cut(0, 4)).toEqual([{}]);
    const parts = cut(2, 8);
    expect(parts.length).toBeLessThanOrEqual(3);
    parts.slice(1).forEach(({ after }, at) => expect(after).toBe(parts[at]?.until));
    expect([parts[0]?.after, parts.at(-1)?.until]).toEqual([undefined, undefined]);
  });
});
