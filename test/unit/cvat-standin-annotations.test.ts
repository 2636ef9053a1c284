import { afterAll, beforeAll, expect } from "vitest";
import { ANNOTATION_BEHAVIOURS } from "../../automation/rehearsal/services/cvat/behaviours-annotations.ts";
import { unzipped, zipped } from "../../automation/rehearsal/services/cvat/zip.ts";
import { behaviours } from "../fixtures/cvat/behaves.ts";
import { mp4Of, pngOf } from "../fixtures/cvat/pictures.ts";
import { ALICE, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";

const { behaves, andAll } = behaviours(ANNOTATION_BEHAVIOURS);
type Json = Record<string, unknown>;

let cvat: TestCvat;
let storage: number;

beforeAll(async () => {
  cvat = await startCvat();
  cvat.s3.buckets = { datasets: [] };
  for (const name of ["a/im04.png", "a/im05.png", "a/b/im07.png"]) put(name, pngOf(100, 50));
  put("film.mp4", mp4Of(100, 50, 30));
  storage = idOf(await post("cloudstorages", storageBody()));
});
afterAll(() => cvat.end());

function put(key: string, body: Buffer | string): void {
  const keys = cvat.s3.buckets["datasets"] ?? [];
  if (!keys.includes(key)) keys.push(key);
  cvat.s3.bodies[`datasets/${key}`] = body;
}

const post = (path: string, body?: unknown) => cvat.call("POST", path, { body });
const get = async (path: string) => (await cvat.call("GET", path)).body as Json;
const idOf = ({ body }: { body: unknown }) => (body as { id: number }).id;
const labelsOf = async (query: string) => (await get(`labels?${query}`))["results"] as Json[];
const LABELS = [{ name: "cat" }, { name: "dog" }];

async function newTask(files: string[] = ["a/im04.png", "a/im05.png"], changes: Json = {}) {
  const id = idOf(await post("tasks", { name: "t", labels: LABELS, ...changes }));
  await cvat.done(
    await post(`tasks/${id}/data`, { image_quality: 70, cloud_storage_id: storage, server_files: files }),
  );
  const [dog, cat] = (await labelsOf(`task_id=${id}`)).map((label) => Number(label["id"]));
  return { id, cat: cat ?? 0, dog: dog ?? 0 };
}
const box = (label_id: number, frame = 0, changes: Json = {}) => ({
  ...{ type: "rectangle", frame, label_id, points: [10, 5, 50, 25] },
  ...changes,
});
const shapesOf = async (id: number) => (await get(`tasks/${id}/annotations`))["shapes"] as Json[];

/** A YOLO 1.1 archive of label files by their name below `obj_train_data/`. */
function yolo(
  labels: Record<string, string | undefined>,
  options: { names?: string[]; top?: string; more?: Record<string, Buffer> } = {},
) {
  const { names = ["cat", "dog"], top = "", more = {} } = options;
  const images = Object.keys(labels).map((name) => `data/obj_train_data/${name}.png`);
  const files: Record<string, string | Buffer | undefined> = {
    "obj.data": "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n",
    "obj.names": names.join("\n"),
    "train.txt": images.join("\n"),
    ...Object.fromEntries(Object.entries(labels).map(([name, text]) => [`obj_train_data/${name}.txt`, text])),
    ...more,
  };
  return zipped(
    Object.entries(files).flatMap(([name, content]) =>
      content === undefined ? [] : [{ name: top + name, bytes: Buffer.from(content) }],
    ),
  );
}
const MIDDLE = "0 0.5 0.5 0.2 0.4";

const imported = async (id: number, archive: Buffer | string, format = "YOLO 1.1") => {
  put("import/a.zip", archive);
  return cvat.done(await importing(id, { format }));
};
const importing = (id: number, query: Record<string, string>) => {
  const all = {
    format: "YOLO 1.1",
    location: "cloud_storage",
    cloud_storage_id: String(storage),
    filename: "import/a.zip",
    ...query,
  };
  return post(`tasks/${id}/annotations?${new URLSearchParams(all).toString()}`);
};
const exported = async (path: string, query: Record<string, string> = {}) => {
  const all = {
    format: "CVAT for images 1.1",
    location: "cloud_storage",
    cloud_storage_id: String(storage),
    filename: "out/x.zip",
    ...query,
  };
  const request = await cvat.done(await post(`${path}/dataset/export?${new URLSearchParams(all).toString()}`));
  expect(request).toMatchObject({ status: "finished", result_url: null });
  const files = (await unzipped(Buffer.from(cvat.s3.bodies["datasets/out/x.zip"] ?? ""))) ?? [];
  return new Map(files.map(({ name, bytes }) => [name, bytes.toString("utf8")]));
};

behaves("rest 4.3", async () => {
  const project = idOf(await post("projects", { name: "p", labels: LABELS }));
  const patch = (labels: Json[]) => cvat.call("PATCH", `projects/${project}`, { body: { labels } });
  const own = () => labelsOf(`project_id=${project}`);
  await patch([{ name: "cow" }]);
  expect((await own()).map(({ name }) => name)).toEqual(["cow", "dog", "cat"]);
  expect(await patch([{ name: "cow" }])).toMatchObject({ status: 400, body: ["All label names must be unique"] });
  const [cow, dog] = await own();
  await patch([
    { id: cow?.["id"], deleted: true },
    { id: dog?.["id"], name: "wolf", color: dog?.["color"] },
  ]);
  expect(await own()).toMatchObject([{ name: "wolf", color: dog?.["color"] }, { name: "cat" }]);
  const renamed = await cvat.call("PATCH", `labels/${Number(dog?.["id"])}`, { body: { name: "fox" } });
  expect(renamed.body).toMatchObject({ name: "fox" });
  expect((renamed.body as Json)["color"]).not.toBe(dog?.["color"]);
  expect((await patch([{ id: 99999, name: "x" }])).status).toBe(404);
});

behaves("third 3.3", async () => {
  const svg = '<circle data-element-id="1" data-node-id="1" data-label-name="head"></circle>';
  const attribute = {
    name: "color",
    mutable: false,
    input_type: "select",
    default_value: "red",
    values: ["red", "blue"],
  };
  const labels = [
    { name: "car", color: "#ff0000", attributes: [attribute] },
    { name: "person", type: "skeleton", svg, sublabels: [{ name: "head", type: "points" }] },
  ];
  const project = idOf(await post("projects", { name: "p", labels }));
  const [person, car] = await labelsOf(`project_id=${project}`);
  expect(car).toMatchObject({ name: "car", color: "#ff0000", attributes: [attribute] });
  const [head] = person?.["sublabels"] as Json[];
  expect(head).toMatchObject({ name: "head", has_parent: true, parent_id: person?.["id"] });
  expect(person?.["svg"]).toBe(svg.replace('data-label-name="head"', `data-label-id="${Number(head?.["id"])}"`));
  expect((await post("projects", { name: "p", labels: [{ name: "x", attributes: [{ name: "y" }] }] })).status).toBe(
    400,
  );
});

behaves("second 4", async () => {
  const { id, cat, dog } = await newTask();
  const put = await cvat.call("PUT", `tasks/${id}/annotations`, { body: { shapes: [box(cat)], tags: [], tracks: [] } });
  expect(put).toMatchObject({ status: 200, body: { version: 0, shapes: [{ frame: 0, source: "manual" }] } });
  const patch = (action: string, body: Json) =>
    cvat.call("PATCH", `tasks/${id}/annotations?action=${action}`, { body });
  await patch("create", { shapes: [box(dog, 1)], tags: [{ frame: 0, label_id: cat }] });
  const [first, second] = await shapesOf(id);
  await patch("update", { shapes: [{ ...first, points: [0, 0, 9, 9] }] });
  const after = await shapesOf(id);
  expect(after.map(({ points }) => points)).toEqual([second?.["points"], [0, 0, 9, 9]]);
  expect(after.map((shape) => shape["id"])).not.toContain(first?.["id"]);
  await patch("delete", { shapes: [second ?? {}] });
  expect(await get(`tasks/${id}/annotations`)).toMatchObject({ shapes: [{}], tags: [{}] });
  expect((await patch("nothing", {})).status).toBe(400);
  expect((await cvat.call("DELETE", `tasks/${id}/annotations`)).status).toBe(204);
  expect(await shapesOf(id)).toEqual([]);
});

behaves("dataset_manager/task.py", async () => {
  const { id, cat } = await newTask(["a/"], { segment_size: 1 });
  const create = (body: Json) => cvat.call("PATCH", `tasks/${id}/annotations?action=create`, { body });
  expect(await create({ shapes: [box(99999)] })).toMatchObject({ status: 400, body: ["label_id `99999` is invalid"] });
  expect(await create({ shapes: [box(cat, 0, { attributes: [{ spec_id: 9, value: "x" }] })] })).toMatchObject({
    status: 400,
    body: ["spec_id `9` is invalid"],
  });
  expect((await create({ shapes: [box(cat, 0, { type: "circle" })] })).status).toBe(400);
  await create({ shapes: [box(cat, 2), box(cat, 3)] });
  expect(await shapesOf(id)).toHaveLength(1);
  const [last, ...others] = (await get(`jobs?task_id=${id}`))["results"] as Json[];
  expect(await get(`jobs/${Number(last?.["id"])}/annotations`)).toMatchObject({ shapes: [{ frame: 2 }] });
  for (const job of others) expect(await get(`jobs/${Number(job["id"])}/annotations`)).toMatchObject({ shapes: [] });
});

behaves("rest 5.1", async () => {
  const { id, dog } = await newTask();
  await cvat.call("PUT", `tasks/${id}/annotations`, { body: { shapes: [box(dog)] } });
  const archive = yolo({ "a/im04": MIDDLE, "a/im05": `${MIDDLE}\n1 0.5 0.5 1 1` });
  for (let time = 0; time < 2; time++) {
    expect(await imported(id, archive)).toMatchObject({
      status: "finished",
      operation: { type: "import:annotations" },
    });
    expect(await shapesOf(id)).toMatchObject([
      { frame: 0, type: "rectangle", source: "file", score: 1, points: [40, 15, 60, 35] },
      { frame: 1 },
      { frame: 1, label_id: dog, points: [0, 0, 100, 50] },
    ]);
  }
  expect(await imported(id, yolo({ "a/nothing": MIDDLE }))).toMatchObject({ status: "failed" });
  expect(await shapesOf(id)).toHaveLength(3);
});

behaves("rest 5.2", async () => {
  const { id } = await newTask(["a/"]);
  const all = { "a/im04": MIDDLE, "a/im05": MIDDLE, "a/b/im07": MIDDLE };
  const again = yolo(all, { top: "set/" });
  const valid = Buffer.from(
    yolo(all).toString("latin1").replace("train = data/train.txt", "valid = data/train.txt"),
    "latin1",
  );
  for (const archive of [yolo(all), again, valid]) {
    expect(await imported(id, archive)).toMatchObject({ status: "finished" });
    expect((await shapesOf(id)).map(({ frame }) => frame).sort()).toEqual([0, 1, 2]);
  }
});

behaves("rest 5.3", async () => {
  const { id } = await newTask();
  const flat = { im04: MIDDLE, im05: MIDDLE };
  expect(await imported(id, yolo(flat))).toMatchObject({ status: "failed" });
  const pictures = (names: string[]) =>
    Object.fromEntries(names.map((name) => [`obj_train_data/${name}.png`, pngOf(100, 50)]));
  expect(await imported(id, yolo(flat, { more: pictures(["im04", "im05"]) }))).toMatchObject({ status: "finished" });
  expect(await shapesOf(id)).toHaveLength(2);
  const two = await newTask(["a/"]);
  expect(
    await imported(two.id, yolo({ ...flat, im07: MIDDLE }, { more: pictures(["im04", "im05", "im07"]) })),
  ).toMatchObject({
    message: expect.stringContaining("CvatImportError: Could not match item id: 'im07' with any task frame") as string,
  });
});

behaves("rest 5.4", async () => {
  const { id } = await newTask();
  for (const labels of [
    { "a/im04": MIDDLE, "a/im99": MIDDLE },
    { "a/im04": MIDDLE, "a/im05": undefined },
    { "x/a/im04": MIDDLE },
  ])
    expect(await imported(id, yolo(labels))).toMatchObject({ status: "failed" });
  expect(await shapesOf(id)).toEqual([]);
  expect(await imported(id, yolo({ "a/im04": "", "a/im05": "0 1.5 0.5 0.2 0.4" }))).toMatchObject({
    status: "finished",
  });
  expect(await shapesOf(id)).toMatchObject([{ points: [140, 15, 160, 35] }]);
  const more = { "obj_train_data/a/im05.txt": Buffer.from(MIDDLE) };
  expect(await imported(id, yolo({ "a/im04": MIDDLE }, { more }))).toMatchObject({ status: "finished" });
  expect(await shapesOf(id)).toHaveLength(1);
});

behaves("rest 5.5", async () => {
  const { id } = await newTask();
  const names = ["cat", "horse", "dog"];
  expect(await imported(id, yolo({ "a/im04": "1 0.5 0.5 0.2 0.4" }, { names }))).toMatchObject({
    message: expect.stringContaining(
      "CvatImportError: Image a/im04: can't import annotation #0 (bbox): Label 'horse' is not registered for this task",
    ) as string,
  });
  expect(await imported(id, yolo({ "a/im04": MIDDLE }, { names }))).toMatchObject({ status: "finished" });
});

behaves("rest 5.6", async () => {
  const { id } = await newTask();
  const messageOf = async (archive: Buffer | string, format?: string) =>
    String((await imported(id, archive, format))["message"]);
  expect(await messageOf(zipped([{ name: "a.txt", bytes: Buffer.from("x") }]))).toContain(
    "CvatDatasetNotFoundError: Check [format docs]",
  );
  expect(await messageOf("no zip")).toContain("pyunpack.PatoolError: patool can not unpack");
  expect(await messageOf(yolo({ "a/im04": MIDDLE }), "COCO 1.0")).toContain("Failed to find dataset 'coco_instances'");
  expect(String((await cvat.done(await importing(id, { filename: "import/absent.zip" })))["message"])).toContain(
    "NotFound: The file 'import/absent.zip' not found on the cloud storage 'datasets'",
  );
});

behaves("rest 5.7", async () => {
  const { id } = await newTask();
  expect((await importing(id, { format: "YOLO 1.0" })).body).toEqual(["Unknown input format 'YOLO 1.0'"]);
  const without = (query: string) => post(`tasks/${id}/annotations?format=YOLO+1.1&location=cloud_storage&${query}`);
  expect((await without("filename=x")).body).toEqual([
    "Trying to use undefined cloud storage (cloud_storage_id was not provided)",
  ]);
  expect((await without("filename=x&cloud_storage_id=9999")).body).toEqual([
    "CloudStorage matching query does not exist.",
  ]);
  expect((await without(`cloud_storage_id=${storage}`)).body).toEqual(["The filename was not specified"]);
  await cvat.order({ workers: { import: "down" } });
  const rq_id = `action=import&target=task&target_id=${id}&subresource=annotations`;
  expect(await importing(id, {})).toMatchObject({ status: 202, body: { rq_id } });
  expect(await importing(id, {})).toMatchObject({ status: 409, body: { rq_id } });
  await post(`requests/${rq_id}/cancel`);
  await cvat.order({});
});

behaves("rest 5.8", async () => {
  const source_storage = { location: "cloud_storage", cloud_storage_id: storage };
  const project_id = idOf(await post("projects", { name: "p", labels: LABELS, source_storage }));
  const { id } = await newTask(undefined, { project_id, labels: undefined });
  const plain = (task: number) => post(`tasks/${task}/annotations?format=YOLO+1.1&filename=import/a.zip`);
  expect(await plain(id)).toMatchObject({ status: 400, body: ["No such file were uploaded"] });
  expect((await plain((await newTask(undefined, { source_storage })).id)).status).toBe(202);
});

behaves("rest 5.9", async () => {
  const id = idOf(await post("tasks", { name: "empty", labels: LABELS }));
  expect(await imported(id, yolo({ "a/im04": MIDDLE }))).toMatchObject({
    message: "AttributeError: 'NoneType' object has no attribute 'validation_mode'\n",
  });
  expect(await cvat.call("GET", `tasks/${id}/annotations`)).toMatchObject({
    status: 400,
    body: "Exporting annotations from a task without data is not allowed",
  });
  expect((await cvat.call("DELETE", `tasks/${id}/annotations`)).status).toBe(500);
});

behaves("rest 6.6", async () => {
  const { id, cat } = await newTask();
  await cvat.call("PUT", `tasks/${id}/annotations`, { body: { shapes: [box(cat)] } });
  const files = await exported(`tasks/${id}`);
  expect([...files.keys()]).toEqual(["annotations.xml"]);
  expect(files.get("annotations.xml")).toMatch(
    /<image id="0" name="a\/im04\.png" width="100" height="50">\s*<box label="cat" source="manual" occluded="0" xtl="10\.00" ytl="5\.00" xbr="50\.00" ybr="25\.00" z_order="0">/,
  );
  expect([...(await exported(`tasks/${id}`, { save_images: "true" })).keys()]).toContain("images/a/im04.png");
  const refused = async (query: string) => (await post(`tasks/${id}/dataset/export?${query}`)).status;
  expect(await refused("format=Nonsense+9")).toBe(400);
  expect(await refused("format=YOLO+1.1&location=cloud_storage")).toBe(500);
  expect(await refused("format=YOLO+1.1&save_images=perhaps")).toBe(500);
  expect(await refused(`format=YOLO+1.1&location=cloud_storage&cloud_storage_id=9999`)).toBe(400);
});

behaves("rest 6.2", async () => {
  const { id } = await newTask();
  const request = await cvat.done(await post(`tasks/${id}/dataset/export?format=CVAT+for+images+1.1&filename=x.zip`));
  const url = String(request["result_url"]);
  expect(url).toMatch(new RegExp(`^${cvat.url}/api/tasks/${id}/dataset/download\\?rq_id=action%3Dexport`));
  const path = url.slice(`${cvat.url}/api/`.length);
  const answer = await cvat.call("GET", path);
  expect(answer).toMatchObject({ status: 200, type: "application/zip" });
  expect(answer.headers.get("content-disposition")).toContain("x.zip");
  expect((await cvat.call("GET", path, { key: await cvat.key(ALICE) })).status).toBe(403);
  expect((await cvat.call("GET", `tasks/${id}/dataset/download`)).status).toBe(400);
});

behaves("third 3.2", async () => {
  const { id, cat } = await newTask();
  const dumped = async () =>
    /<dumped>(.*)<\/dumped>/.exec((await exported(`tasks/${id}`)).get("annotations.xml") ?? "")?.[1];
  const first = await dumped();
  const [job] = (await get(`jobs?task_id=${id}`))["results"] as Json[];
  await cvat.call("PATCH", `jobs/${Number(job?.["id"])}`, { body: { state: "completed" } });
  expect(await dumped()).toBe(first);
  // The task's own date moves with its frames, not that of its project. (engine/serializers.py, DataMetaWriteSerializer)
  await cvat.call("PATCH", `tasks/${id}/data/meta`, { body: { deleted_frames: [0] } });
  const second = await dumped();
  expect(second).not.toBe(first);
  await cvat.call("PUT", `tasks/${id}/annotations`, { body: { shapes: [box(cat, 1)] } });
  expect(await dumped()).not.toBe(second);
  expect((await exported(`tasks/${id}`)).get("annotations.xml")).not.toContain("im04");
});

behaves("third 5.1", async () => {
  const project_id = idOf(await post("projects", { name: "p", labels: LABELS }));
  for (const subset of ["Train", "Mein Satz", ""]) await post("tasks", { name: `t${subset}`, project_id, subset });
  expect((await get(`projects/${project_id}`))["task_subsets"]).toEqual(["Train", "Mein Satz"]);
  const count = async (query: string) => (await get(`tasks?project_id=${project_id}&${query}`))["count"];
  expect(await count("subset=Train")).toBe(1);
  expect(await count("subset=train")).toBe(0);
  expect(await count("subset=")).toBe(3);
  expect(await count(`filter=${encodeURIComponent('{"==":[{"var":"subset"},""]}')}`)).toBe(1);
});

behaves("third 5.2", async () => {
  const project_id = idOf(await post("projects", { name: "p", labels: LABELS }));
  const own = { project_id, labels: undefined };
  const train = await newTask(["a/im04.png"], { ...own, subset: "Train" });
  await newTask(["a/im04.png"], { ...own, subset: "Train" });
  await newTask(["a/im05.png"], own);
  const files = await exported(`projects/${project_id}`, { save_images: "true" });
  expect([...files.keys()]).toEqual([
    "annotations.xml",
    "images/default/a/im05.png",
    "images/Train/a/im04.png",
    "images/Train/a/im04_1.png",
  ]);
  expect(files.get("annotations.xml")).toContain(`name="a/im04.png" subset="Train" task_id="${train.id}"`);
  expect((await exported(`tasks/${train.id}`)).get("annotations.xml")).not.toMatch(/<image[^>]*subset/);
});

behaves("third 6.5", async () => {
  const { id, cat } = await newTask();
  const body = { type: "ground_truth", task_id: id, frame_selection_method: "manual", frames: [1] };
  const truth = idOf(await post("jobs", body));
  await cvat.call("PUT", `jobs/${truth}/annotations`, { body: { shapes: [box(cat, 1)] } });
  expect(await shapesOf(id)).toEqual([]);
  expect(await get(`jobs/${truth}/annotations`)).toMatchObject({ shapes: [{ frame: 1 }] });
});

behaves("dataset_manager/formats/cvat.py", async () => {
  const { id, cat } = await newTask(["film.mp4"]);
  const key = (frame: number, left: number, outside = false) => ({
    ...{ type: "rectangle", frame, outside, points: [left, 0, left + 10, 10] },
  });
  const tracks = [{ frame: 0, label_id: cat, shapes: [key(0, 0), key(20, 40), key(25, 50, true)] }];
  await cvat.call("PUT", `tasks/${id}/annotations`, { body: { tracks } });
  const images = (await exported(`tasks/${id}`)).get("annotations.xml") ?? "";
  expect(images.match(/<box /g)).toHaveLength(25);
  expect(images).toMatch(/name="frame_000010"[^>]*>\s*<box[^>]*xtl="20\.00"/);
  const video = await exported(`tasks/${id}`, { format: "CVAT for video 1.1" });
  expect(video.get("annotations.xml")).toMatch(/<box frame="20" keyframe="1" outside="0" occluded="0" xtl="40\.00"/);
  const before = (await get(`tasks/${id}/annotations`))["tracks"] as Json[];
  const archive = cvat.s3.bodies["datasets/out/x.zip"] ?? "";
  await cvat.call("DELETE", `tasks/${id}/annotations`);
  expect(await imported(id, archive as Buffer, "CVAT 1.1")).toMatchObject({ status: "finished" });
  const [after] = (await get(`tasks/${id}/annotations`))["tracks"] as { shapes: Json[] }[];
  expect(after?.shapes.map(({ frame, points, outside }) => ({ frame, points, outside }))).toEqual(
    (before[0]?.["shapes"] as Json[]).map(({ frame, points, outside }) => ({ frame, points, outside })),
  );
});

const roundTrip = async (format: string) => {
  const { id, cat, dog } = await newTask();
  await cvat.call("PUT", `tasks/${id}/annotations`, { body: { shapes: [box(cat), box(dog, 1)] } });
  const before = await shapesOf(id);
  const files = await exported(`tasks/${id}`, { format });
  await cvat.call("DELETE", `tasks/${id}/annotations`);
  expect(await imported(id, (cvat.s3.bodies["datasets/out/x.zip"] ?? "") as Buffer, format)).toMatchObject({
    status: "finished",
  });
  const seen = (shapes: Json[]) => shapes.map(({ frame, label_id, points }) => ({ frame, label_id, points }));
  expect(seen(await shapesOf(id))).toEqual(seen(before));
  return [...files.keys()];
};

behaves("measured upload", async () => {
  const { id } = await newTask();
  const archive = yolo({ "a/im04": MIDDLE });
  const path = `tasks/${id}/annotations`;
  const query = new URLSearchParams({ format: "YOLO 1.1", filename: "boxes.zip" });
  const step = (headers: Record<string, string>, more = "") => cvat.call("POST", `${path}${more}`, { headers });
  expect((await step({ "Upload-Start": "" }, `?${query.toString()}`)).status).toBe(202);
  const metadata = `filename ${Buffer.from("boxes.zip").toString("base64")}`;
  const made = await step({ "Upload-Length": String(archive.length), "Upload-Metadata": metadata }, "/");
  expect(made.status).toBe(201);
  const piece = async (offset: number, end: number) =>
    fetch(made.headers.get("location") ?? "", {
      method: "PATCH",
      headers: {
        Authorization: `Token ${await cvat.key()}`,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": String(offset),
      },
      body: archive.subarray(offset, end),
    });
  expect((await piece(0, 100)).headers.get("upload-offset")).toBe("100");
  expect((await piece(50, 100)).status).toBe(409);
  expect((await piece(100, archive.length)).status).toBe(204);
  query.set("filename", made.headers.get("upload-filename") ?? "");
  expect(await cvat.done(await step({ "Upload-Finish": "" }, `?${query.toString()}`))).toMatchObject({
    status: "finished",
  });
  expect(await shapesOf(id)).toHaveLength(1);

  const source_storage = { location: "cloud_storage", cloud_storage_id: storage };
  const { id: other } = await newTask(undefined, { source_storage });
  const finish = await cvat.call("POST", `tasks/${other}/annotations?format=YOLO+1.1&filename=boxes.zip`, {
    headers: { "Upload-Finish": "" },
  });
  expect((await cvat.done(finish))["message"]).toContain("'boxes.zip' not found on the cloud storage");
});

behaves("engine/serializers.py", async () => {
  const attribute = { name: "note", input_type: "text", mutable: false, values: [] };
  const labels = [{ name: "car", attributes: [attribute] }];
  const made = await cvat.call("POST", "projects", { body: { name: "empty values", labels } });
  const at = `labels?project_id=${(made.body as { id: number }).id}`;
  const shown = async () => ((await get(at))["results"] as { id: number; attributes: Json[] }[])[0];
  expect((await shown())?.attributes).toMatchObject([{ name: "note", values: [""] }]);
  await cvat.call("PATCH", `labels/${(await shown())?.id ?? 0}`, {
    body: { attributes: [{ name: "note", values: [] }] },
  });
  expect((await shown())?.attributes).toMatchObject([{ name: "note", values: [""] }]);
});

behaves("recorded attributes", async () => {
  const attribute = { name: "color", mutable: true, input_type: "text", default_value: "red", values: [] };
  const { id, cat } = await newTask(undefined, { labels: [{ name: "dog" }, { name: "cat", attributes: [attribute] }] });
  const ids = (await labelsOf(`task_id=${id}`)).map((label) => Number(label["id"]));
  await cvat.call("PUT", `tasks/${id}/annotations`, { body: { shapes: ids.map((label_id) => box(label_id)) } });
  const shapes = await shapesOf(id);
  expect(ids).toContain(cat);
  expect(shapes.map(({ attributes }) => (attributes as Json[]).map(({ value }) => value))).toContainEqual(["red"]);
});

behaves("inferred tracks", async () => {
  const { id, cat } = await newTask(["film.mp4"], { segment_size: 20 });
  const shapes = [0, 25].map((frame) => ({ type: "rectangle", frame, points: [0, 0, 9, 9] }));
  await cvat.call("PUT", `tasks/${id}/annotations`, { body: { tracks: [{ frame: 0, label_id: cat, shapes }] } });
  const jobs = ((await get(`jobs?task_id=${id}`))["results"] as Json[]).reverse();
  const counts = jobs.map(
    async (job) => ((await get(`jobs/${Number(job["id"])}/annotations`))["tracks"] as Json[]).length,
  );
  expect(await Promise.all(counts)).toEqual([1, 0]);
});

behaves("recorded YOLO", async () => {
  const { id } = await newTask(undefined, { subset: "Mein Satz" });
  const files = await exported(`tasks/${id}`, { format: "YOLO 1.1" });
  expect([...files.keys()]).toContain("obj_Mein Satz_data/a/im04.txt");
  expect(files.get("obj.data")).toContain("Mein Satz = data/Mein Satz.txt");
});

behaves("recorded COCO", async () => {
  expect(await roundTrip("COCO 1.0")).toEqual(["annotations/instances_default.json"]);
});

behaves("recorded Ultralytics", async () => {
  expect(await roundTrip("YOLO 1.1")).toEqual(
    expect.arrayContaining(["obj.data", "train.txt", "obj_train_data/a/im04.txt"]),
  );
  expect(await roundTrip("Ultralytics YOLO Detection 1.0")).toEqual(
    expect.arrayContaining(["data.yaml", "train.txt", "labels/train/a/im04.txt"]),
  );
});

behaves("recorded train", async () => {
  const project_id = idOf(await post("projects", { name: "p", labels: LABELS }));
  await newTask(["a/im04.png"], { project_id, labels: [], subset: "Train" });
  await newTask(["a/im05.png"], { project_id, labels: [] });
  const files = await exported(`projects/${project_id}`, { format: "YOLO 1.1" });
  expect([...files.keys()].sort()).toEqual(
    ["Train.txt", "obj.data", "obj.names", "obj_Train_data/a/im04.txt", "obj_Train_data/a/im05.txt"].sort(),
  );
});

behaves("recorded films", async () => {
  const project_id = idOf(await post("projects", { name: "p", labels: LABELS }));
  await newTask(["a/im04.png", "a/im05.png"], { project_id, labels: [] });
  await newTask(["film.mp4"], { project_id, labels: [] });
  const files = await exported(`projects/${project_id}`, { format: "YOLO 1.1" });
  expect([...files.keys()].filter((name) => name.includes("frame_")).sort()[0]).toBe("obj_train_data/frame_000002.txt");
});

andAll();
