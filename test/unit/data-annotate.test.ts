import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { annotate, annotatePlan, type Annotating, type Wanted } from "../../automation/data/annotate/annotate.ts";
import { mappingOf, writtenMapping } from "../../automation/data/annotate/mapping.ts";
import { cancelRun } from "../../automation/data/annotate/run.ts";
import type { RunNote } from "../../automation/data/annotate/take-up.ts";
import { kept } from "../../automation/data/annotations/import.ts";
import { notesIn } from "../../automation/data/store/notes.ts";
import { runName } from "../../automation/data/store/temporary.ts";
import { nameOf } from "../../automation/runs/owner.ts";
import type { Label, Task } from "../../components/cvat/client/types.ts";
import { AnnotatingCvat } from "../fixtures/cvat/annotating.ts";

let cvat: AnnotatingCvat;
beforeEach(async () => {
  cvat = new AnnotatingCvat();
  await cvat.start();
  const frames = ["set/a.jpg", "set/b.jpg"].map((name) => ({ name, width: 64, height: 48 }));
  cvat.tasks.push({
    ...{
      id: 1,
      name: "street",
      project_id: 7,
      subset: "",
      mode: "annotation",
      size: 2,
      frames,
      deleted: [],
      shapes: [],
      updated: 0,
    },
  });
  cvat.labels.push({ id: 1, name: "car", type: "rectangle", attributes: [{ name: "color" }], project_id: 7 });
  cvat.models.push({
    id: "yolo11x",
    kind: "detector",
    name: "YOLO11x",
    labels_v2: [label("car", "rectangle", ["color"]), label("bus")],
  });
  cvat.models.push({ id: "sam", kind: "interactor", name: "SAM", labels_v2: [] });
});
afterEach(() => cvat.end());

const label = (name: string, type = "any", attributes: string[] = []) => ({
  ...{ name, type, attributes: attributes.map((one) => ({ name: one })) },
});
const street = () => cvat.task(1) as unknown as Task;
const work = (more: Partial<Annotating> = {}): Annotating => ({ everyMs: 5, clearing: cvat.space().client, ...more });
const keeping = () => ({ bucket: cvat.bucket(), storage: 4, key: "replaced/1.zip" });
const planned = (name = "yolo11x", more: Partial<Wanted> = {}) =>
  annotatePlan(cvat.space(), street(), { function: name, ...more });
const BEFORE = { frame: 1, label: "car", points: [1, 2, 3, 4] };

async function run(more: Partial<Annotating> = {}, wanted: Partial<Wanted> = {}) {
  const plan = await planned("yolo11x", { runs: more.runs, replace: more.keeping !== undefined, ...wanted });
  return annotate(cvat.space(more.signal), plan, work(more));
}

describe("a function annotates a task", () => {
  test("with its threshold, the labels in common and their attributes; the percent is CVAT's own", async () => {
    const seen: string[] = [];
    const done = await run({ update: (text) => seen.push(text) }, { threshold: 0.4 });
    expect(done).toMatchObject({
      how: "finished",
      progress: 100,
      takenUp: false,
      after: { shapes: 2, tags: 0, tracks: 0 },
    });
    expect(seen).toContain("50 % of the frames");
    expect(seen[0]).toBe("0 % of the frames");
    const plan = await planned();
    expect(plan.mapping).toEqual({ car: { name: "car", attributes: { color: "color" } } });
    expect(plan.notes).toEqual(["Labels of yolo11x that are left out: bus."]);
  });

  test("adds to what is there, or replaces it once that is kept", async () => {
    cvat.task(1).shapes.push(BEFORE);
    expect((await run()).after.shapes).toBe(3);
    const kept: string[] = [];
    cvat.nextRun = { coming: [100] };
    const done = await run({ keeping: keeping(), keptAt: (key) => kept.push(key) });
    expect(done).toMatchObject({ after: { shapes: 1 }, kept: "replaced/1.zip" });
    expect(kept).toEqual(["replaced/1.zip"]);
    expect(cvat.objects.get("replaced/1.zip")?.length).toBeGreaterThan(100);
  });

  test("fails with the last line of the traceback, and what was replaced is in the task again", async () => {
    cvat.nextRun = {
      coming: [33],
      failsWith: "Traceback (most recent call last):\n  File x\nValueError: no answer of the function\n",
    };
    await expect(run()).rejects.toThrow(
      "yolo11x failed over task street: ValueError: no answer of the function. The task has 1 shapes now",
    );
    cvat.task(1).shapes = [BEFORE];
    cvat.nextRun = { coming: [33], failsWith: "X\nValueError: again\n" };
    await expect(run({ keeping: keeping() })).rejects.toThrow(
      "ValueError: again. What the task had before is in it again.",
    );
    expect(cvat.task(1).shapes).toEqual([BEFORE]);
  });

  test("says where the old ones are when they cannot be put back", async () => {
    cvat.task(1).shapes = [BEFORE];
    cvat.nextRun = { coming: [33], failsWith: "ValueError: x" };
    cvat.importFails = "OSError: disk\n";
    await expect(run({ keeping: keeping() })).rejects.toThrow(
      /could not be put back: .*OSError: disk\nIt is in bucket cvat as replaced\/1\.zip: annotations import street s3:\/\/cvat\/replaced\/1\.zip --format "CVAT 1\.1" --replace/,
    );
  });

  test("does not believe the traceback of the run before", async () => {
    cvat.nextRun = { coming: [10], failsWith: "ValueError: old" };
    await run().catch(() => undefined);
    cvat.nextRun = { coming: [100] };
    expect((await run()).how).toBe("finished");
  });

  test("is cancelled when the run is asked to end, keeps what it has, and is not called finished", async () => {
    cvat.nextRun = { coming: [16, 33, 50, 66, 83, 100] };
    const ends = new AbortController();
    const done = await run({
      signal: ends.signal,
      update: (text) => {
        if (text.startsWith("33 %")) ends.abort(new Error("asked to end"));
      },
    });
    expect(done).toMatchObject({ how: "cancelled", progress: 50, after: { shapes: 3 } });
    expect(cvat.calls.filter((call) => call.startsWith("DELETE"))).toHaveLength(1);
  });

  test("is called cancelled when somebody else did it, but not where the last frames were taken out", async () => {
    cvat.nextRun = { coming: [50] };
    expect(await run()).toMatchObject({ how: "cancelled", progress: 50 });
    cvat.task(1).deleted = [1];
    cvat.nextRun = { coming: [50] };
    expect(await run()).toMatchObject({ how: "finished", progress: 100 });
  });

  test.each([
    ["drop-after", 2],
    ["drop-before", 2],
  ] as const)("once, where the call that begins it comes to %s", async (kind, shapes) => {
    cvat.faults.push({ call: "POST lambda/requests", kind });
    expect((await run()).after.shapes).toBe(shapes);
  });

  test("is refused while another run is on, which --cancel ends", async () => {
    const path = "action=autoannotate&target=task&target_id=1";
    cvat.runs.set(path, {
      id: path,
      status: "started",
      progress: 10,
      exc_info: null,
      enqueued: "2026-12-01T00:00:00Z",
      function: { id: "x" },
      coming: [20, 40, 60, 80, 100],
    });
    await expect(run()).rejects.toThrow("is on already, perhaps by somebody else");
    expect(cvat.calls.some((call) => call.startsWith("POST"))).toBe(false);
    expect(await cancelRun(cvat.space().client, 1, 5)).toBeGreaterThanOrEqual(10);
    expect(await cancelRun(cvat.space().client, 1, 5)).toBeUndefined();
  });

  test("never cancels a run that another began in the same moment", async () => {
    const plan = await planned();
    const id = "action=autoannotate&target=task&target_id=1";
    cvat.runs.set(id, {
      id,
      status: "started",
      progress: 10,
      exc_info: null,
      enqueued: "2026-12-01T00:00:00Z",
      function: { id: "x" },
      coming: [100],
    });
    const ends = new AbortController();
    const begun = annotate(cvat.space(ends.signal), plan, work({ signal: ends.signal }));
    await expect(begun).rejects.toThrow("is on already");
    ends.abort(new Error("asked to end"));
    expect(cvat.calls.some((call) => call.startsWith("DELETE"))).toBe(false);
  });
});

describe("a run that replaces and is cancelled", () => {
  const cancelledAt33 = async (more: Partial<Annotating> = {}) => {
    cvat.task(1).shapes = [BEFORE];
    cvat.nextRun = { coming: [16, 33, 50, 66, 83, 100] };
    const ends = new AbortController();
    const update = (text: string) => {
      if (text.startsWith("33 %")) ends.abort(new Error("asked to end"));
    };
    return run({ ...more, keeping: keeping(), signal: ends.signal, update });
  };

  test("has what it had before again, and keeps the export", async () => {
    expect(await cancelledAt33()).toMatchObject({ how: "cancelled", progress: 50, restored: "again" });
    expect(cvat.task(1).shapes).toEqual([BEFORE]);
    expect(cvat.objects.has("replaced/1.zip")).toBe(true);
  });

  test("says why it has not where that fails", async () => {
    cvat.importFails = "OSError: disk\n";
    expect((await cancelledAt33()).restored).toEqual({ why: expect.stringContaining("OSError: disk") as string });
  });
});

describe("what a command that died has begun", () => {
  const ID = "action=autoannotate&target=task&target_id=1";
  const asked = {
    function: "yolo11x",
    mapping: { car: { name: "car", attributes: { color: "color" } } },
    threshold: null,
  };
  const runs = () => notesIn<RunNote>(cvat.bucket(), "temporary/");
  /** As a command of a process that is gone has written it. */
  function noted({
    replace = false,
    kept = null,
    last = null,
  }: {
    replace?: boolean;
    kept?: string | null;
    last?: string | null;
  }) {
    const name = runName(new Date(), { ...nameOf(process.pid), start: "0" });
    const facts: RunNote = { asked: { ...asked, replace }, before: { tags: 0, shapes: 1, tracks: 0 }, last, kept };
    cvat.objects.set("begun/annotate-task-1.json", Buffer.from(JSON.stringify({ by: name, facts })));
    cvat.task(1).shapes = [BEFORE];
  }
  const inCvat = (status: string, more: object = {}) =>
    cvat.runs.set(ID, {
      ...{
        id: ID,
        status,
        progress: 100,
        exc_info: null,
        enqueued: "2026-12-01T01:00:00Z",
        function: { id: "yolo11x" },
      },
      coming: status === "started" ? [100] : [],
      ...more,
    });
  const begun = () => cvat.calls.filter((call) => call === "POST lambda/requests").length;

  test("and CVAT is at is waited for, and not begun again", async () => {
    noted({});
    inCvat("started", { progress: 50 });
    const done = await run({ runs: runs() });
    expect(done).toMatchObject({ takenUp: true, how: "finished", before: { shapes: 1 }, after: { shapes: 2 } });
    expect(begun()).toBe(0);
  });

  test("and CVAT has finished is told as it ended, once", async () => {
    noted({});
    inCvat("finished");
    expect(await run({ runs: runs() })).toMatchObject({ takenUp: true, how: "finished" });
    expect(begun()).toBe(0);
    await runs().remove("annotate-task-1");
    cvat.nextRun = { coming: [100] };
    expect(await run({ runs: runs() })).toMatchObject({ takenUp: false });
    expect(begun()).toBe(1);
  });

  test("but another run of the same function, of before it, is not taken for it", async () => {
    noted({ last: "2026-12-01T01:00:00Z" });
    inCvat("finished");
    expect(await run({ runs: runs() })).toMatchObject({ takenUp: false });
  });

  test("and that failed half-way is refused, since another would find the same twice", async () => {
    noted({});
    inCvat("failed", { progress: 40 });
    await expect(run({ runs: runs() })).rejects.toThrow(
      /failing at 40 % of the frames.* would find it twice.*--cancel/,
    );
    cvat.runs.clear();
    cvat.task(1).shapes = [BEFORE, BEFORE];
    await expect(run({ runs: runs() })).rejects.toThrow("CVAT has forgotten how it ended");
    expect(begun()).toBe(0);
  });

  test("and that failed after it had taken out what the task had: that comes back before anything else", async () => {
    cvat.task(1).shapes = [BEFORE];
    await kept(
      cvat.space(),
      street(),
      { bucket: cvat.bucket(), storage: 4, key: "replaced/0.zip" },
      { everyMs: 5 },
      cvat.space().client,
    );
    noted({ replace: true, kept: "replaced/0.zip" });
    cvat.task(1).shapes = [];
    inCvat("failed", { progress: 40 });
    cvat.nextRun = { coming: [33], failsWith: "ValueError: again\n" };
    await expect(run({ runs: runs(), keeping: keeping() })).rejects.toThrow("What the task had before is in it again.");
    expect(cvat.task(1).shapes).toEqual([BEFORE]);
    expect([...cvat.objects.keys()].filter((key) => key.startsWith("replaced/"))).toEqual(["replaced/0.zip"]);
  });
});

describe("what CVAT would drop in silence or fail at is refused before", () => {
  test.each([
    ["a function that there is not", "yolo", "CVAT knows no function yolo. Detectors: yolo11x."],
    ["one that annotates nothing by itself", "sam", "sam (interactor) annotates what a person points at"],
  ])("%s", async (_what, name, problem) => {
    await expect(planned(name)).rejects.toThrow(problem);
  });

  test("a task without data", async () => {
    cvat.task(1).size = 0;
    await expect(planned()).rejects.toThrow("has no data yet");
  });

  const model = {
    ...{ id: "det", kind: "detector", name: "Det" },
    labels_v2: [label("car", "rectangle", ["color", "size"]), label("outline", "mask"), label("body", "skeleton")],
  };
  const task = (...labels: ReturnType<typeof label>[]) => labels as unknown as Label[];

  test.each([
    ["no label in common", task(label("dog")), undefined, "det and the task have no label of the same name"],
    [
      "a shape that the label does not take",
      task(label("car", "polygon")),
      undefined,
      "car of det is a rectangle, and the task's label car takes polygon alone",
    ],
    ["a skeleton into any", task(label("body")), undefined, "body of det is a skeleton"],
    ["a label that the model does not give", task(label("car")), { cow: { name: "car" } }, "det gives no label cow"],
    [
      "a label that the task does not have",
      task(label("car")),
      { car: { name: "vehicle" } },
      "The task has no label vehicle",
    ],
    [
      "an attribute that the task does not have",
      task(label("car")),
      { car: { name: "car", attributes: { color: "paint" } } },
      "The task's label car has no attribute paint",
    ],
    [
      "an attribute that the model does not give",
      task(label("car", "any", ["age"])),
      { car: { name: "car", attributes: { age: "age" } } },
      "car of the model has no attribute age",
    ],
  ])("%s", (_what, labels, written, problem) => {
    expect(() => mappingOf(model, labels, written)).toThrow(problem);
  });

  test("but a mask is stored as an outline, and attributes of equal names are named, since a mapping drops others", () => {
    const labels = task(label("outline", "polygon"), label("vehicle", "any", ["color"]));
    expect(mappingOf(model, labels, { car: { name: "vehicle" }, outline: { name: "outline" } })).toEqual({
      mapping: {
        car: { name: "vehicle", attributes: { color: "color" } },
        outline: { name: "outline", attributes: {} },
      },
      notes: ["Attributes of car that are left out: size.", "Labels of det that are left out: body."],
    });
  });
});

test("a mapping is written in the line or in a file", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-mapping-"));
  const file = path.join(folder, "mapping.yaml");
  expect(await writtenMapping("car=vehicle, big bus = vehicle")).toEqual({
    car: { name: "vehicle" },
    "big bus": { name: "vehicle" },
  });
  await writeFile(file, "car: vehicle\nbus: {name: vehicle, attributes: {color: paint}}\n");
  expect(await writtenMapping(file)).toEqual({
    car: { name: "vehicle" },
    bus: { name: "vehicle", attributes: { color: "paint" } },
  });
  await writeFile(file, "car: {label: vehicle}\n");
  await expect(writtenMapping(file)).rejects.toThrow("is no mapping");
  await writeFile(file, "car: [");
  await expect(writtenMapping(file)).rejects.toThrow("is no mapping");
  await expect(writtenMapping("nowhere.yaml")).rejects.toThrow("neither a file nor");
  await rm(folder, { recursive: true });
});
