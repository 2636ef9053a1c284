import "./fresh-modules.ts";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runName } from "../../automation/data/store/temporary.ts";
import { nameOf } from "../../automation/runs/owner.ts";
import { storedZip } from "../../automation/data/zip/stored.ts";
import { Stopped } from "../../automation/signals.ts";
import { AnnotatingCvat, type FakeTask } from "../fixtures/cvat/annotating.ts";

let cvat: AnnotatingCvat;
let folder: string;
let said: string[];
/** Ends the run. */
let ends: AbortController;

vi.mock("../../automation/data/connect/run.ts", () => ({
  inDataLab: (
    _flags: unknown,
    _progress: unknown,
    work: (lab: unknown, signal: AbortSignal, stands: () => void) => unknown,
  ) =>
    work(
      {
        plan: {
          lab: { cluster: {}, cvat: { namespace: "cvat", kvrocks: { size: "10Gi" } } },
          store: { buckets: ["cvat", "datasets"].map((name) => ({ name, role: name })) },
        },
        cvat: ({ signal }: { signal?: AbortSignal | null } = {}) =>
          Promise.resolve(cvat.space(signal === null ? undefined : ends.signal).client),
        space: () => Promise.resolve({ client: cvat.space(ends.signal).client, organization: "lab" }),
        bucket: (role: string) => Promise.resolve(cvat.bucket(role)),
        temporary: "temporary/",
      },
      ends.signal,
      () => undefined,
    ),
}));

const { importZip, zipInLab } = await import("../../automation/verbs/annotations.ts");
const { exportThem } = await import("../../automation/verbs/annotations-export.ts");
const { annotateTask } = await import("../../automation/verbs/task-annotate.ts");

const BEFORE = { frame: 1, label: "car", points: [1, 2, 3, 4] };
const fakeTask = (id: number, name: string, subset: string, frames: string[]): FakeTask => ({
  ...{ id, name, subset, project_id: 7, mode: "annotation", size: frames.length, deleted: [], shapes: [], updated: 0 },
  frames: frames.map((frame) => ({ name: frame, width: 100, height: 100 })),
});

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-verbs-"));
  ends = new AbortController();
  said = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
  cvat = new AnnotatingCvat();
  await cvat.start();
  cvat.tasks.push(fakeTask(1, "street", "Train", ["set/a.jpg", "set/b.jpg"]));
  cvat.tasks.push(fakeTask(2, "yard", "Validation", ["set/c.jpg"]));
  cvat.labels.push({ id: 1, name: "car", type: "any", attributes: [], project_id: 7 });
  cvat.models.push({
    id: "det",
    kind: "detector",
    name: "Det",
    labels_v2: [{ name: "car", type: "any", attributes: [] }],
  });
  for (const { name } of cvat.task(1).frames) cvat.objects.set(name, Buffer.alloc(50));
  const files = {
    "obj.names": "car\n",
    "obj.data": "classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n",
    "train.txt": "data/obj_train_data/set/a.jpg\n",
    "obj_train_data/set/a.txt": "0 0.5 0.5 0.2 0.4\n",
  };
  const entries = Object.entries(files).map(([name, text]) => ({ name, content: Buffer.from(text) }));
  await writeFile(path.join(folder, "labels.zip"), Buffer.concat([...storedZip(entries)]));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await cvat.end();
  await rm(folder, { recursive: true, force: true });
});

const FLAGS = { stack: "lab", folder: ".", json: true } as const;
const document = () => JSON.parse(said.join("")) as Record<string, unknown>;
const zip = () => path.join(folder, "labels.zip");
const objects = (prefix: string) => [...cvat.objects.keys()].filter((key) => key.startsWith(prefix));

describe("annotations import", () => {
  test("tells what the task had, what the zip holds and what the task has", async () => {
    await importZip("street", zip(), { ...FLAGS, format: "YOLO 1.1" });
    expect(document()).toMatchObject({ before: { shapes: 0 }, holds: { boxes: 1, files: 1 }, after: { shapes: 1 } });
    expect(cvat.task(1).shapes).toEqual([{ frame: 0, label: "car", points: [40, 30, 60, 70] }]);
    expect(objects("temporary/")).toEqual([]);
  });

  test("removes what a run that died has left, and nothing else's", async () => {
    const mine = runName(new Date(), nameOf(process.pid));
    const dead = mine.replace(/_(\d+)_/, "_999999999_");
    for (const name of [dead, mine, "somebody"]) cvat.objects.set(`temporary/${name}/x.zip`, Buffer.from("x"));
    await importZip("street", zip(), { ...FLAGS, format: "YOLO 1.1" });
    expect(objects(`temporary/${dead}`)).toEqual([]);
    expect(objects("temporary/somebody")).toHaveLength(1);
  });

  test("replaces nothing unasked, and keeps what it replaces", async () => {
    cvat.task(1).shapes = [BEFORE];
    const flags = { ...FLAGS, format: "YOLO 1.1" };
    await expect(importZip("street", zip(), flags)).rejects.toThrow(
      "Task street has 1 shape, all of which an import replaces. Nothing was imported. --replace says that it may be.",
    );
    expect([cvat.task(1).shapes, objects("replaced/")]).toEqual([[BEFORE], []]);
    await importZip("street", zip(), { ...flags, replace: true });
    const [key = ""] = objects("replaced/task-1-");
    expect(document()).toMatchObject({ kept: `s3://cvat/${key}`, after: { shapes: 1 } });
    said = [];
    await importZip("street", `s3://cvat/${key}`, {
      ...FLAGS,
      format: "CVAT 1.1",
      replace: true,
      keep: path.join(folder, "old.zip"),
    });
    expect(cvat.task(1).shapes).toEqual([BEFORE]);
    expect(await readdir(folder)).toEqual(["labels.zip", "old.zip"]);
  });

  test("ends at five points, and goes through when it is run again", async () => {
    for (const point of [
      "GET tasks",
      "GET cloudstorages",
      "GET tasks/1/data/meta",
      "POST tasks/1/annotations",
      "GET requests/",
    ]) {
      ends = new AbortController();
      cvat.looks = 3;
      cvat.onCall = (call) => {
        if (call.startsWith(point)) ends.abort(new Error("asked to end"));
      };
      await expect(importZip("street", zip(), { ...FLAGS, format: "YOLO 1.1" })).rejects.toThrow("asked to end");
      expect(objects("temporary/")).toEqual([]);
    }
    ends = new AbortController();
    cvat.onCall = () => undefined;
    await importZip("street", zip(), { ...FLAGS, format: "YOLO 1.1", replace: true });
    expect(cvat.task(1).shapes).toHaveLength(1);
    expect(objects("temporary/")).toEqual([]);
  });
});

describe("annotations zip", () => {
  test("asks CVAT for frames and labels, and writes straight into the bucket", async () => {
    const place = path.join(folder, "set");
    await import("node:fs/promises").then(async ({ mkdir }) => mkdir(place));
    await writeFile(path.join(place, "a.txt"), "0 0.5 0.5 0.2 0.4\n");
    await writeFile(path.join(folder, "names.txt"), "car\n");
    const flags = { ...FLAGS, task: "street", to: "zips/", labels: path.join(folder, "names.txt") };
    await zipInLab(place, flags);
    const [key] = objects("zips/");
    expect(document()).toMatchObject({ zip: `s3://cvat/${key ?? ""}`, files: 1, unlabelled: 1 });
    await zipInLab(place, { ...flags, to: "zips/x.zip" });
    await expect(zipInLab(place, { ...flags, to: "zips/x.zip" })).rejects.toThrow("is there already");
  });
});

describe("annotations export", () => {
  const flags = { ...FLAGS, format: "COCO 1.0" };

  test("of a project has its subsets; of one subset each task is exported by itself", async () => {
    await exportThem("streets", { ...flags, to: "exports/all.zip" });
    expect(objects("exports/")).toEqual(["exports/all.zip"]);
    said = [];
    await exportThem("streets", { ...flags, to: "exports", subset: "Validation" });
    expect(objects("exports/Validation/yard-")).toHaveLength(1);
    await expect(exportThem("streets", { ...flags, to: "x", subset: "Test" })).rejects.toThrow(
      "No task of project streets is of subset Test. Its subsets: Train, Validation.",
    );
    await expect(exportThem("streets", { ...flags, to: "exports/all.zip" })).rejects.toThrow("is there already");
    await expect(exportThem("nothing", { ...flags, to: "x" })).rejects.toThrow("There is no task nothing");
    await expect(exportThem("streets", flags)).rejects.toThrow("Say where to");
  });

  test("says of a film that its tracks are boxes of single frames in other formats", async () => {
    cvat.task(2).mode = "interpolation";
    await exportThem("yard", { ...flags, output: path.join(folder, "out.zip") });
    expect(document()["notes"]).toEqual([
      "Tracks of yard are boxes of single frames in COCO 1.0: CVAT for video 1.1 keeps them as tracks.",
    ]);
  });
});

describe("task annotate", () => {
  test("says what it will do, and does it", async () => {
    await annotateTask("street", { ...FLAGS, function: "det", dryRun: true });
    expect(document()).toMatchObject({ dryRun: true, cacheBytes: 100, mapping: { car: { name: "car" } } });
    expect(cvat.calls.some((call) => call.startsWith("POST"))).toBe(false);
    said = [];
    await annotateTask("street", { ...FLAGS, function: "det", threshold: 0.3 });
    expect(document()).toMatchObject({ how: "finished", after: { shapes: 2 } });
    said = [];
    await annotateTask("street", { ...FLAGS, cancel: true });
    expect(document()).toMatchObject({ cancelled: false });
    await expect(annotateTask("street", FLAGS)).rejects.toThrow("Say which function");
  });

  test("says how far it came when it is cancelled, in the one document of its end", async () => {
    cvat.nextRun = { coming: [50, 60, 70, 80, 100] };
    cvat.onCall = (call) => {
      if (call.startsWith("GET lambda/requests/") && cvat.task(1).shapes.length > 0)
        ends.abort(new Stopped("SIGINT", "Stopped."));
    };
    await expect(annotateTask("street", { ...FLAGS, function: "det" })).rejects.toMatchObject({
      exitCode: 130,
      message: expect.stringMatching(
        /^Cancelled at \d+ % of the frames: task street had no annotations and now has \d shapes/,
      ) as string,
    });
    expect(said).toEqual([]);
  });

  test("refuses frames that are gone, and what the cache has no room for", async () => {
    cvat.objects.delete("set/b.jpg");
    await expect(annotateTask("street", { ...FLAGS, function: "det" })).rejects.toThrow(
      "1 frames of task street are gone",
    );
    const huge = {
      ...cvat.bucket("datasets"),
      stat: (key: string) => Promise.resolve({ key, size: 6e9, etag: "", modified: new Date() }),
    };
    const real = cvat.bucket();
    vi.spyOn(cvat, "bucket").mockImplementation((name) => (name === "datasets" ? huge : real));
    await expect(annotateTask("street", { ...FLAGS, function: "det" })).rejects.toThrow("That is too much");
    expect(cvat.calls.some((call) => call.startsWith("POST"))).toBe(false);
  });
});
