import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPromise } from "yauzl";
import { framesIn, zipPlan } from "../../automation/data/annotations/zip-plan.ts";
import { zipToBucket, zipToFile } from "../../automation/data/annotations/zip-write.ts";
import type { Bucket } from "../../automation/data/store/objects.ts";
import { entriesOf } from "../../automation/data/zip/entries.ts";
import { storedZip } from "../../automation/data/zip/stored.ts";
import { laidFolders, type LaidFolders } from "../data/laid.ts";

const BOX = "1 0.5 0.5 0.25 0.125\n";
let folders: LaidFolders;
beforeAll(async () => {
  folders = await laidFolders();
});
afterAll(() => folders.remove());

const laid = (files: Record<string, string>) => folders.laid(files);

async function contents(file: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, content } of entriesOf(file)) found[name] = content().toString();
  return found;
}

const split = () =>
  laid({
    "data.yaml": "Train: Train.txt\nValidation: Validation.txt\nnames: [ball, player]\n",
    "Train.txt": "data/images/Train/b/im02.jpg\ndata/images/Train/b/im01.jpg\n",
    "Validation.txt": "data/images/Validation/im01.jpg\n",
    "labels/Train/b/im01.txt": `\ufeff0 0.1 0.1 0.1 0.1\r\n${BOX}`,
    "labels/Train/b/im02.txt": "",
    "labels/Validation/im01.txt": BOX,
  });
const FRAMES = [
  "set/images/Train/b/im01.jpg",
  "set/images/Train/b/im02.PNG",
  "set/images/Validation/im01.jpg",
  "set/x.jpg",
];

describe("a zip of YOLO 1.1", () => {
  test("has whole keys, its subsets and what Python can read; the same bytes each time", async () => {
    const root = await split();
    const file = path.join(root, "out.zip");
    const plan = await zipPlan({ place: root, frames: FRAMES });
    expect(plan).toMatchObject({ leftOut: 0, unlabelled: 1 });
    const counts = await zipToFile(plan, file);
    expect(counts).toEqual({ files: 3, empty: 1, mended: 1, boxes: 3, byClass: { ball: 1, player: 2 } });
    expect(await contents(file)).toEqual({
      "obj.names": "ball\nplayer\n",
      "obj.data":
        "classes = 2\nTrain = data/Train.txt\nValidation = data/Validation.txt\nnames = data/obj.names\nbackup = backup/\n",
      "Train.txt": `data/obj_Train_data/${FRAMES[0] ?? ""}\ndata/obj_Train_data/${FRAMES[1] ?? ""}\n`,
      "Validation.txt": `data/obj_Validation_data/${FRAMES[2] ?? ""}\n`,
      "obj_Train_data/set/images/Train/b/im01.txt": `0 0.1 0.1 0.1 0.1\n${BOX}`,
      "obj_Train_data/set/images/Train/b/im02.txt": "",
      "obj_Validation_data/set/images/Validation/im01.txt": BOX,
    });
    const sum = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    expect(sum).toBe("851385d9bea2965f8b1447bb27d0f78b7b9a72511004ccb4ba443e61d38cdc12");
    // Made again of its own files, it is the same.
    const again = path.join(root, "again.zip");
    await zipToFile(await zipPlan({ place: root, frames: [...FRAMES].reverse() }), again);
    expect(await readFile(again)).toEqual(await readFile(file));
  });

  test("without subsets calls its only one train", async () => {
    const root = await laid({ "m/im01.txt": BOX, "names.txt": "a\nb\n" });
    const file = path.join(root, "out.zip");
    await rm(path.join(root, "names.txt"));
    await writeFile(path.join(folders.folder, "names.txt"), "a\nb\n");
    await zipToFile(
      await zipPlan({ place: root, frames: ["s/m/im01.jpg"], labels: path.join(folders.folder, "names.txt") }),
      file,
    );
    expect(Object.keys(await contents(file))).toEqual([
      "obj.names",
      "obj.data",
      "train.txt",
      "obj_train_data/s/m/im01.txt",
    ]);
  });

  test("is not written where numbers are wrong: every one is told with file and line, and nothing is left", async () => {
    const bad = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`m/im${at + 10}.txt`, `${BOX}7 0.5 0.5 2 0.1\n`]),
    );
    const root = await laid({ ...bad, "obj.names": "a\nb\n", "m/ok.txt": BOX });
    const frames = Object.keys(bad).map((name) => name.replace("txt", "jpg"));
    const plan = await zipPlan({ place: root, frames: [...frames, "m/ok.jpg"], labels: path.join(root, "obj.names") });
    const error = await zipToFile(plan, path.join(root, "out.zip")).catch((error: unknown) => error as Error);
    expect((error as Error).message).toMatch(
      /^m\/im10\.txt:2: width is a share of the picture, from 0 to 1, and not "2"\n/,
    );
    expect((error as Error).message).toMatch(/m\/im29\.txt:2: .*\nand 10 more \(30 in all\)\nNothing was written\.$/);
    expect((await readdir(root)).filter((name) => name.includes("zip"))).toEqual([]);
  });

  test("is refused for what belongs to no frame, unless it is left out, and for boxes the task has no label for", async () => {
    const root = await split();
    await expect(zipPlan({ place: root, frames: FRAMES.slice(0, 2) })).rejects.toThrow(
      /labels\/Validation\/im01\.txt: no frame images\/Validation\/im01\.\*; there is set\/images\/Train\/b\/im01\.jpg\n.*--partial/,
    );
    const plan = await zipPlan({ place: root, frames: FRAMES.slice(0, 2), partial: true, taskLabels: ["player"] });
    expect(plan).toMatchObject({ leftOut: 1, unknown: ["ball"] });
    await expect(zipToFile(plan, path.join(root, "out.zip"))).rejects.toThrow('1 boxes are of the class "ball"');
    await expect(zipPlan({ place: root, frames: FRAMES, taskLabels: ["car"] })).rejects.toThrow(
      "The task has none of the labels ball, player. It has: car.",
    );
    await expect(zipPlan({ place: root, frames: ["other.jpg"], partial: true })).rejects.toThrow("No label file in");
  });

  test("goes straight into a bucket, and is broken off there where numbers are wrong", async () => {
    const put = async (text: string) => {
      const root = await laid({ "m/a.txt": text, "obj.names": "a\nb\n" });
      const plan = await zipPlan({
        place: root,
        frames: ["m/a.jpg"],
        labels: path.join(root, "obj.names"),
        partial: true,
      });
      let whole: Buffer | undefined;
      const bucket = {
        async put(_key: string, body: Readable) {
          const pieces: Buffer[] = [];
          for await (const piece of body) pieces.push(piece as Buffer);
          whole = Buffer.concat(pieces);
          return { etag: "" };
        },
      } as unknown as Bucket;
      const counts = await zipToBucket(plan, bucket, "labels.zip").catch((error: unknown) => (error as Error).message);
      return { counts, whole };
    };
    expect(await put(BOX)).toMatchObject({ counts: { boxes: 1 } });
    expect(await put("0 9 9 9 9\n")).toMatchObject({
      counts: expect.stringContaining("m/a.txt:1: x is a share") as string,
      whole: undefined,
    });
  });

  test("is given up at once when the run is asked to end", async () => {
    const root = await split();
    const ends = AbortSignal.abort(new Error("asked to end"));
    const plan = await zipPlan({ place: root, frames: FRAMES });
    await expect(zipToFile(plan, path.join(root, "out.zip"), { signal: ends })).rejects.toThrow("asked to end");
    expect((await readdir(root)).filter((name) => name.includes("zip"))).toEqual([]);
  });
});

describe("zips", () => {
  test("of more files than 16 bits count are whole", async () => {
    const file = path.join(folders.folder, "many.zip");
    const entries = Array.from({ length: 70_000 }, (_, at) => ({
      name: `ä/${at}.txt`,
      content: Buffer.from(String(at)),
    }));
    await writeFile(file, storedZip(entries));
    const zip = await openPromise(file, { lazyEntries: true });
    expect(zip.entryCount).toBe(70_000);
    zip.close();
    for await (const { name, content } of entriesOf(file)) {
      expect([name, content().toString()]).toEqual(["ä/0.txt", "0"]);
      break;
    }
  });

  test("that are none, or cut off, are refused in words", async () => {
    const read = async (bytes: Buffer) => {
      const file = path.join(folders.folder, "broken.zip");
      await writeFile(file, bytes);
      return contents(file);
    };
    const whole = Buffer.concat([...storedZip([{ name: "a", content: Buffer.from("text") }])]);
    await expect(read(Buffer.from("no zip"))).rejects.toThrow("broken.zip is no whole zip");
    await expect(read(whole.subarray(0, -30))).rejects.toThrow("broken.zip is no whole zip");
    await expect(contents(path.join(folders.folder, "nowhere.zip"))).rejects.toThrow("cannot be read");
  });
});

test("names of frames come from a file, one a line", async () => {
  const file = path.join(folders.folder, "frames.txt");
  await writeFile(file, "a/b c.jpg\r\n\nd.jpg\n");
  expect(await framesIn(file)).toEqual(["a/b c.jpg", "d.jpg"]);
  await writeFile(file, "\n");
  await expect(framesIn(file)).rejects.toThrow("names no frames");
});
