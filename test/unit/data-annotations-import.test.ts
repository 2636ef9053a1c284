import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { annotationsOf } from "../../automation/data/annotations/counts.ts";
import { exported } from "../../automation/data/annotations/export.ts";
import {
  IMPORT_OF_KEPT,
  imported,
  importedFrom,
  importPlan,
  kept,
  YOLO,
} from "../../automation/data/annotations/import.ts";
import { exportKey, keptKey, objectIn } from "../../automation/data/annotations/keys.ts";
import { zipPlan } from "../../automation/data/annotations/zip-plan.ts";
import { zipToFile } from "../../automation/data/annotations/zip-write.ts";
import { entriesOf } from "../../automation/data/zip/entries.ts";
import { storedZip } from "../../automation/data/zip/stored.ts";
import type { Task } from "../../components/cvat/client/types.ts";
import { AnnotatingCvat, type FakeTask } from "../fixtures/cvat/annotating.ts";

let cvat: AnnotatingCvat;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-import-"));
  cvat = new AnnotatingCvat();
  await cvat.start();
  cvat.tasks.push(fakeTask(1, "street", ["set/a/im01.jpg", "set/a/im02.jpg", "set/b/im01.jpg"]));
  cvat.labels.push(
    { id: 1, name: "car", type: "any", attributes: [], project_id: 7 },
    { id: 2, name: "bus", type: "any", attributes: [], project_id: 7 },
  );
});
afterEach(async () => {
  await cvat.end();
  await rm(folder, { recursive: true, force: true });
});

const fakeTask = (id: number, name: string, frames: string[], more: Partial<FakeTask> = {}): FakeTask => ({
  ...{
    id,
    name,
    project_id: 7,
    subset: "Train",
    mode: "annotation",
    size: frames.length,
    deleted: [],
    shapes: [],
    updated: 0,
  },
  frames: frames.map((name) => ({ name, width: 640, height: 480 })),
  ...more,
});
const street = () => cvat.task(1) as unknown as Task;
const quick = { everyMs: 5 };

async function zipOf(files: Record<string, string>): Promise<string> {
  const file = path.join(folder, "labels.zip");
  await writeFile(
    file,
    Buffer.concat([...storedZip(Object.entries(files).map(([name, text]) => ({ name, content: Buffer.from(text) })))]),
  );
  return file;
}

/** A zip by `annotations zip`, of label files below a folder. */
async function madeZip(labels: Record<string, string>, classes = "car\nbus\n"): Promise<string> {
  const root = path.join(folder, "set");
  for (const [name, text] of Object.entries({ "obj.names": classes, ...labels })) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  const file = path.join(folder, "made.zip");
  const frames = cvat.task(1).frames.map(({ name }) => name);
  await zipToFile(await zipPlan({ place: root, frames, labels: path.join(root, "obj.names") }), file);
  return file;
}

const from = {
  storage: 4,
  async temporarily<T>(
    work: (temporary: { put: (name: string, body: never) => Promise<string> }) => Promise<T>,
  ): Promise<T> {
    const bucket = cvat.bucket();
    try {
      return await work({
        async put(name, body) {
          await bucket.put(`temporary/run/${name}`, body);
          return `temporary/run/${name}`;
        },
      });
    } finally {
      await bucket.remove([...cvat.objects.keys()].filter((key) => key.startsWith("temporary/run/")));
    }
  },
};

describe("a zip that is brought into a task", () => {
  test("has its boxes there, to the pixel, and comes out as it went in", async () => {
    const zip = await madeZip({
      "a/im01.txt": "0 0.5 0.5 0.25 0.125\n1 0.1 0.2 0.05 0.1\n",
      "a/im02.txt": "",
      "b/im01.txt": "1 0.25 0.75 0.5 0.5\n",
    });
    const plan = await importPlan(cvat.space(), street(), zip, YOLO);
    expect(plan.content).toEqual({ files: 3, boxes: 3, byClass: { car: 1, bus: 2 } });
    const done = await imported(cvat.space(), plan, from, quick);
    expect([done.before.shapes, done.after.shapes]).toEqual([0, 3]);
    expect(cvat.task(1).shapes).toEqual([
      { frame: 0, label: "car", points: [240, 210, 400, 270] },
      { frame: 0, label: "bus", points: [48, 72, 80, 120] },
      { frame: 2, label: "bus", points: [0, 240, 320, 480] },
    ]);
    expect([...cvat.objects.keys()]).toEqual([]);
    expect(
      cvat.calls.some(
        (call) =>
          call ===
          "POST tasks/1/annotations?format=YOLO+1.1&location=cloud_storage&cloud_storage_id=4&filename=temporary%2Frun%2Fmade.zip",
      ),
    ).toBe(true);
  });

  test.each([
    [
      "a label that the task does not have",
      { "obj.names": "car\ndog\n", "t/set/a/im01.txt": "1 0.5 0.5 0.1 0.1\n" },
      '1 boxes are of the class "dog", and the task has no such label. It has: car, bus.',
    ],
    [
      "flat names",
      { "train.txt": "data/obj_train_data/im02.jpg\n", "t/im02.txt": "" },
      "obj_train_data/im02.txt: the task has no frame im02.*; there is set/a/im02.jpg. `annotations zip` writes whole keys",
    ],
    [
      "another task's frame",
      { "train.txt": "data/obj_train_data/set/a/im09.jpg\n", "t/set/a/im09.txt": "" },
      "obj_train_data/set/a/im09.txt: the task has no frame set/a/im09.*",
    ],
    [
      "a picture in a list without its file",
      { "train.txt": "data/obj_train_data/set/a/im01.jpg\ndata/obj_train_data/set/a/im02.jpg\n" },
      "obj_train_data/set/a/im02.txt: a list names its picture, and the zip does not have it.",
    ],
    [
      "numbers",
      { "t/set/a/im01.txt": "0 0.5 0.5 0.1 0.1\n0 2 0.5 0.1 0.1\n9 0.1 0.1 0.1 0.1\n" },
      /im01\.txt:2: x is a share.*\n.*im01\.txt:3: class 9 has no name/,
    ],
    ["no obj.data", { "obj.data": undefined }, "is no zip of YOLO 1.1: it has no obj.data"],
    [
      "a list that is missing",
      { "obj.data": "classes = 2\nvalid = data/valid.txt\n" },
      "obj.data names data/valid.txt, which is not there",
    ],
  ])("is refused before anything is sent: %s", async (_what, changes, problem) => {
    const whole: Record<string, string | undefined> = {
      "obj.data": "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n",
      "obj.names": "car\nbus\n",
      "train.txt": "data/obj_train_data/set/a/im01.jpg\n",
      "t/set/a/im01.txt": "0 0.5 0.5 0.1 0.1\n",
      ...changes,
    };
    const files = Object.entries(whole).flatMap(([name, text]) =>
      text === undefined ? [] : [[name.replace(/^t\//, "obj_train_data/"), text]],
    );
    const zip = await zipOf(Object.fromEntries(files) as Record<string, string>);
    await expect(importPlan(cvat.space(), street(), zip, YOLO)).rejects.toThrow(problem);
    await expect(importPlan(cvat.space(), street(), zip, YOLO)).rejects.toThrow("Nothing was sent.");
    expect(cvat.calls.filter((call) => call.startsWith("POST"))).toEqual([]);
  });

  test("may lie in a folder of the zip, and below a folder of the keys", async () => {
    const zip = await zipOf({
      "top/obj.data": "classes = 1\nTrain = data/Train.txt\nnames = data/obj.names\n",
      "top/obj.names": "car\n",
      "top/Train.txt": "data/obj_Train_data/a/im01.png\n",
      "top/obj_Train_data/a/im01.txt": "0 0.5 0.5 0.1 0.1\n",
    });
    expect((await importPlan(cvat.space(), street(), zip, YOLO)).content).toMatchObject({ files: 1, boxes: 1 });
  });

  test("is refused for a task without data, and where there is no zip", async () => {
    cvat.tasks.push(fakeTask(2, "empty", []));
    const empty = cvat.task(2) as unknown as Task;
    await expect(importPlan(cvat.space(), empty, "x.zip", YOLO)).rejects.toThrow("Task empty has no data yet");
    await expect(importPlan(cvat.space(), street(), "nowhere.zip", YOLO)).rejects.toThrow("nowhere.zip cannot be read");
  });

  test("leaves no object behind where CVAT fails, and what the task had stays", async () => {
    cvat.task(1).shapes.push({ frame: 0, label: "car", points: [1, 2, 3, 4] });
    cvat.importFails = "Traceback\n  File x\nCvatImportError: Label 'dog' is not registered for this task\n";
    const plan = await importPlan(cvat.space(), street(), await madeZip({ "a/im01.txt": "" }), YOLO);
    expect(plan.before.shapes).toBe(1);
    await expect(imported(cvat.space(), plan, from, quick)).rejects.toThrow(
      "CVAT failed at the import into task street: CvatImportError: Label 'dog' is not registered for this task",
    );
    expect([...cvat.objects.keys()]).toEqual([]);
    expect(cvat.task(1).shapes).toHaveLength(1);
  });

  test.each(["drop-before", "drop-after", "500"] as const)(
    "is imported once where the call comes to %s",
    async (kind) => {
      cvat.looks = 3;
      cvat.faults.push({ call: "POST tasks/1/annotations", kind });
      const plan = await importPlan(
        cvat.space(),
        street(),
        await madeZip({ "a/im01.txt": "0 0.5 0.5 0.1 0.1\n" }),
        YOLO,
      );
      const { after } = await imported(cvat.space(), plan, from, quick);
      expect(after.shapes).toBe(1);
    },
  );

  test("waits for an import that a killed run has begun, and goes on then", async () => {
    cvat.looks = 2;
    const old = await zipOf({ "shapes.json": JSON.stringify(Array.from({ length: 9 }, () => ({}))) });
    cvat.objects.set("old.zip", Buffer.from(await (await import("node:fs/promises")).readFile(old)));
    await cvat.space().client.post("tasks/1/annotations", undefined, { query: { format: YOLO, filename: "old.zip" } });
    const plan = await importPlan(cvat.space(), street(), await madeZip({ "a/im01.txt": "0 0.5 0.5 0.1 0.1\n" }), YOLO);
    expect((await imported(cvat.space(), plan, from, quick)).after.shapes).toBe(1);
  });

  test("tells where the task then has other than it holds", async () => {
    const plan = await importPlan(cvat.space(), street(), await madeZip({ "a/im01.txt": "0 0.5 0.5 0.1 0.1\n" }), YOLO);
    const other = { ...plan, content: { files: 1, boxes: 5, byClass: {} } };
    await expect(imported(cvat.space(), other, from, quick)).rejects.toThrow(
      "The zip holds 5 boxes, and task street now has 1 shape",
    );
  });

  test("is broken off when the run is asked to end, and its object goes", async () => {
    cvat.looks = 1000;
    const ends = new AbortController();
    const plan = await importPlan(cvat.space(), street(), await madeZip({ "a/im01.txt": "" }), YOLO);
    const work = imported(cvat.space(ends.signal), plan, from, {
      ...quick,
      signal: ends.signal,
      update: (text) => {
        if (/worker/.test(text)) ends.abort(new Error("asked to end"));
      },
    });
    await expect(work).rejects.toThrow("asked to end");
    expect([...cvat.objects.keys()]).toEqual([]);
  });
});

describe("annotations that are exported", () => {
  const target = (key: string) => ({ bucket: cvat.bucket(), storage: 4, key });

  test("are never those of an export before", async () => {
    const wish = { what: { kind: "task", record: street() } as const, format: "COCO 1.0", images: false };
    await exported(cvat.space(), { ...wish, target: target("one.zip") }, quick);
    // As deleting a frame does: no date moves.
    cvat.task(1).shapes = [{ frame: 1, label: "bus", points: [1, 1, 2, 2] }];
    await exported(cvat.space(), { ...wish, target: target("two.zip") }, quick);
    expect(cvat.objects.get("two.zip")).not.toEqual(cvat.objects.get("one.zip"));
    expect(cvat.calls.filter((call) => call.startsWith("PATCH tasks/1"))).toHaveLength(2);
  });

  test("have the split of a project, and come into a file by the path that CVAT says, whatever the host", async () => {
    cvat.tasks.push(fakeTask(2, "yard", ["set/c/im05.jpg"], { subset: "Validation" }));
    const file = path.join(folder, "out.zip");
    const record = { id: 7, name: "streets" } as never;
    const bytes = await exported(
      cvat.space(),
      { what: { kind: "project", record }, format: "CVAT for images 1.1", images: true, target: { file } },
      quick,
    );
    const names: string[] = [];
    for await (const { name } of entriesOf(file)) names.push(name);
    expect(names).toEqual(["Train/1.json", "Validation/2.json"]);
    expect(bytes).toBeGreaterThan(100);
    expect(cvat.calls.some((call) => call.includes("save_images=true&location=local"))).toBe(true);
  });

  test.each(["drop-before", "drop-after", "500"] as const)(
    "come whole where the download comes to %s",
    async (kind) => {
      cvat.faults.push({ call: "GET download/", kind });
      const file = path.join(folder, "out.zip");
      const wish = {
        what: { kind: "task", record: street() } as const,
        format: "COCO 1.0",
        images: false,
        target: { file },
      };
      await exported(cvat.space(), wish, quick);
      expect(await readdir(folder)).toEqual(["out.zip"]);
    },
  );

  test("are told of where they do not lie where CVAT says", async () => {
    const elsewhere = { ...cvat.bucket(), stat: () => Promise.resolve(undefined) };
    const wish = { what: { kind: "task", record: street() } as const, format: "COCO 1.0", images: false };
    await expect(
      exported(cvat.space(), { ...wish, target: { bucket: elsewhere, storage: 4, key: "x.zip" } }, quick),
    ).rejects.toThrow("has no such object");
  });

  test("are kept before something replaces them, and come back by CVAT's own importer", async () => {
    cvat.task(1).shapes.push({ frame: 2, label: "car", points: [1, 2, 3, 4] });
    await kept(cvat.space(), street(), target("replaced/1.zip"), quick, cvat.space().client);
    cvat.task(1).shapes = [];
    await importedFrom(cvat.space(), street(), { format: IMPORT_OF_KEPT, storage: 4, key: "replaced/1.zip" }, quick);
    expect(await annotationsOf(cvat.space().client, 1)).toMatchObject({ shapes: 1 });
    expect(cvat.calls.some((call) => call.includes("format=CVAT+for+images+1.1"))).toBe(true);
    cvat.task(1).mode = "interpolation";
    await kept(cvat.space(), street(), target("replaced/2.zip"), quick, cvat.space().client);
    expect(cvat.calls.some((call) => call.includes("format=CVAT+for+video+1.1"))).toBe(true);
  });
});

test("keys of exports, and of what a person names in the bucket", () => {
  const at = new Date("2026-12-01T02:03:04.500Z");
  expect(exportKey("exports/a", "x/y", at)).toBe("exports/a/x-y-2026-12-01T02-03-04Z.zip");
  expect(exportKey("/exports/a.zip", "x", at)).toBe("exports/a.zip");
  expect(exportKey("", "x", at)).toBe("x-2026-12-01T02-03-04Z.zip");
  expect(keptKey("lab/temporary/", 3, at)).toBe("lab/replaced/task-3-2026-12-01T02-03-04Z.zip");
  expect(objectIn("file.zip", "cvat", YOLO)).toBeUndefined();
  expect(objectIn("s3://cvat/a/b.zip", "cvat", IMPORT_OF_KEPT)).toBe("a/b.zip");
  expect(() => objectIn("s3://cvat/a.zip", "cvat", YOLO)).toThrow("looked into before");
  expect(() => objectIn("s3://other/a.zip", "cvat", IMPORT_OF_KEPT)).toThrow("is in another");
});
