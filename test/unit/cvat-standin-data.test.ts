import { afterAll, beforeAll, expect } from "vitest";
import { DATA_BEHAVIOURS } from "../../automation/rehearsal/services/cvat/behaviours-data.ts";
import { unzipped } from "../../automation/rehearsal/services/cvat/zip.ts";
import { behaviours } from "../fixtures/cvat/behaves.ts";
import { jpegOf, mp4Of } from "../fixtures/cvat/pictures.ts";
import { ALICE, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";

const { behaves, andAll } = behaviours(DATA_BEHAVIOURS);
type Json = Record<string, unknown>;

let cvat: TestCvat;
let storage: number;

beforeAll(async () => {
  cvat = await startCvat();
  cvat.s3.buckets = { datasets: [], cvat: [] };
  put("a/im1.jpg", jpegOf(320, 240));
  put("a/im2.png");
  put("a/im10.jpg", jpegOf(200, 100, 6));
  put("a/b/im3.jpg");
  put("a/readme.md", "text");
  put("films/v1.mp4", mp4Of(320, 240, 60));
  storage = await newStorage("datasets");
});
afterAll(() => cvat.end());

function put(key: string, body?: Buffer | string): void {
  cvat.s3.buckets["datasets"]?.push(key);
  if (body !== undefined) cvat.s3.bodies[`datasets/${key}`] = body;
}

const post = (path: string, body: unknown, key?: string) => cvat.call("POST", path, { body, ...(key && { key }) });
const get = (path: string, key?: string) => cvat.call("GET", path, key === undefined ? {} : { key });
const idOf = ({ body }: { body: unknown }) => (body as { id: number }).id;
const newStorage = async (resource: string) =>
  idOf(await post("cloudstorages", storageBody({ resource, display_name: resource })));
const newTask = async (changes: Json = {}) =>
  idOf(await post("tasks", { name: "t", labels: [{ name: "cat" }], ...changes }));
const postData = (task: number, server_files: string[], changes: Json = {}) =>
  post(`tasks/${task}/data`, { image_quality: 70, cloud_storage_id: storage, server_files, ...changes });

/** A task of these files, and how its request ended. */
async function made(server_files: string[], changes: Json = {}, task: Json = {}) {
  const id = await newTask(task);
  const request = await cvat.done(await postData(id, server_files, changes));
  return { id, request, meta: (await get(`tasks/${id}/data/meta`)).body as Json };
}
const namesOf = ({ meta }: { meta: Json }) => (meta["frames"] as { name: string }[]).map(({ name }) => name);
const messageOf = async (server_files: string[], changes: Json = {}) => {
  const { request } = await made(server_files, changes);
  expect(request["status"]).toBe("failed");
  return String(request["message"]);
};

behaves("rest 4.5", async () => {
  await cvat.order({ workers: { import: "down" } });
  const task = await newTask();
  const answer = await postData(task, ["a/"]);
  const { rq_id } = answer.body as { rq_id: string };
  expect(await get(`requests/${rq_id}`)).toMatchObject({ body: { status: "queued", started_date: null } });
  expect((await get(`tasks/${task}`)).body).toMatchObject({ size: 0, mode: "" });
  await cvat.order({ pace: { queuedMs: 1, startedMs: 1 } });
  expect(await cvat.done(answer)).toMatchObject({
    status: "finished",
    started_date: expect.any(String) as string,
    progress: 0,
    operation: { type: "create:task" },
  });
  expect((await get(`tasks/${task}`)).body).toMatchObject({ size: 4, mode: "annotation", data_chunk_size: 72 });
  await cvat.order({});
});

behaves("rest 4.6", async () => {
  expect(namesOf(await made(["a/"]))).toEqual(["a/b/im3.jpg", "a/im1.jpg", "a/im10.jpg", "a/im2.png"]);
  expect(namesOf(await made(["/a/im1.jpg"]))).toEqual(["a/im1.jpg"]);
  expect(namesOf(await made([], { filename_pattern: "a/*.png" }))).toEqual(["a/im2.png"]);
  expect(namesOf(await made(["a/"], { server_files_exclude: ["a/b/", "a/im2.png"] }))).toEqual([
    "a/im1.jpg",
    "a/im10.jpg",
  ]);
  for (const files of [["a"], ["/"], [], ["a/readme.md"]])
    expect(await messageOf(files)).toBe("ValueError: No media data found\n");
  expect(await messageOf(["a/*.jpg"])).toContain(
    "NotFound: The file 'a/*.jpg' not found on the cloud storage 'datasets'",
  );
  expect((await postData(await newTask(), ["a/im1.jpg"], { filename_pattern: "*" })).status).toBe(400);
});

behaves("rest 4.8", async () => {
  await cvat.order({ workers: { import: "down" } });
  const task = await newTask();
  const first = await postData(task, ["a/im1.jpg"]);
  expect(await postData(task, ["a/im2.png"])).toMatchObject({ status: 409, body: first.body });
  expect((await postData(task, ["a/im1.jpg"])).status).toBe(500);
  const { rq_id } = first.body as { rq_id: string };
  expect((await post(`requests/${rq_id}/cancel`, {})).status).toBe(200);
  await cvat.order({});
  await cvat.done(await postData(task, ["a/im10.jpg"]));
  expect((await get(`tasks/${task}`)).body).toMatchObject({ size: 3 });
  expect(await postData(task, ["a/b/im3.jpg"])).toMatchObject({
    status: 400,
    body: "Adding more data is not supported",
  });
});

behaves("rest 4.12", async () => {
  const { id, request } = await made(["a/im1.jpg"]);
  const ends = Date.parse(String(request["expiry_date"])) - Date.parse(String(request["finished_date"]));
  expect(ends).toBe(500_000);
  await cvat.order({ expired: true });
  expect(await get(`requests/action=create&target=task&target_id=${id}`)).toMatchObject({
    status: 404,
    type: "text/html; charset=utf-8",
    body: "There is no request with specified id",
  });
});

behaves("rest 4.14", async () => {
  await cvat.order({ workers: { import: "down" } });
  const answer = await postData(await newTask(), ["a/im1.jpg"]);
  const path = `requests/${encodeURIComponent((answer.body as { rq_id: string }).rq_id)}`;
  expect((await cvat.call("POST", `${path}/cancel`, { key: await cvat.key(ALICE) })).status).toBe(403);
  expect((await post(`${path}/cancel`, {})).status).toBe(200);
  expect((await get(path)).status).toBe(404);
  await cvat.order({});
  const { id } = await made(["a/im1.jpg"]);
  expect(await post(`requests/action=create&target=task&target_id=${id}/cancel`, {})).toMatchObject({
    status: 400,
    body: "Only requests that have not yet been started can be cancelled",
  });
});

behaves("rest 4.15", async () => {
  put("gone/im1.jpg");
  const { id } = await made(["gone/"]);
  const frame = `tasks/${id}/data?type=frame&number=0&quality=original`;
  expect(await get(frame)).toMatchObject({ status: 200, type: "image/jpeg" });
  expect(await get(`tasks/${id}/preview`)).toMatchObject({ status: 200, type: "image/jpeg" });
  const chunk = await fetch(`${cvat.url}/api/tasks/${id}/data?type=chunk&number=0&quality=original`, {
    headers: { Authorization: `Token ${await cvat.key()}` },
  });
  expect((await unzipped(Buffer.from(await chunk.arrayBuffer())))?.map(({ name }) => name)).toEqual(["000000.jpeg"]);
  cvat.s3.buckets["datasets"] = (cvat.s3.buckets["datasets"] ?? []).filter((key) => !key.startsWith("gone/"));
  expect(await get(frame)).toMatchObject({
    status: 404,
    body: "The file 'gone/im1.jpg' not found on the cloud storage 'datasets'",
  });
});

behaves("third 3.5", async () => {
  const own = await newStorage("datasets");
  const { id } = await made(["a/im1.jpg"], { cloud_storage_id: own });
  await cvat.call("DELETE", `cloudstorages/${own}`);
  const frame = `tasks/${id}/data?type=frame&number=0`;
  expect(await get(frame)).toMatchObject({ status: 409, body: "Task is not connected to cloud storage" });
  const relink = (cloud_storage_id: number | null) =>
    cvat.call("PATCH", `tasks/${id}/data/meta`, { body: { cloud_storage_id } });
  expect((await relink(null)).status).toBe(400);
  await post("organizations", { slug: "foreign" });
  const foreign = await cvat.call("POST", "cloudstorages", {
    body: storageBody(),
    headers: { "X-Organization": "foreign" },
  });
  expect((await relink(idOf(foreign))).status).toBe(403);
  expect(await relink(storage)).toMatchObject({ status: 200, body: { cloud_storage_id: storage } });
  expect((await get(frame)).status).toBe(200);
});

behaves("third 3.9", async () => {
  await cvat.order({ workers: { import: "dies" } });
  const task = await newTask();
  const answer = await postData(task, ["a/"]);
  const path = `requests/${encodeURIComponent((answer.body as { rq_id: string }).rq_id)}`;
  await expect.poll(async () => ((await get(path)).body as Json)["status"]).toBe("started");
  await cvat.order({});
  expect((await made(["a/im1.jpg"])).request["status"]).toBe("finished");
  expect((await get(path)).body).toMatchObject({ status: "started" });
  expect((await post(`${path}/cancel`, {})).status).toBe(400);
  await cvat.order({ abandoned: true });
  expect((await get(path)).body).toMatchObject({
    status: "failed",
    message: "Moved to FailedJobRegistry, due to AbandonedJobError",
  });
  await cvat.call("DELETE", `tasks/${task}`);
  expect(await get(path)).toMatchObject({ status: 400, body: ["Task matching query does not exist."] });
});

behaves("third 4.1", async () => {
  put("films/v2.mp4", mp4Of(64, 48, 10));
  const { id, meta } = await made(["films/v2.mp4"]);
  expect(meta).toMatchObject({ storage: "local", cloud_storage_id: storage, size: 10, chunk_size: 36 });
  cvat.s3.buckets["datasets"] = (cvat.s3.buckets["datasets"] ?? []).filter((key) => key !== "films/v2.mp4");
  expect(await get(`tasks/${id}/data?type=frame&number=9`)).toMatchObject({ status: 200, type: "image/png" });
  expect(await get(`tasks/${id}/data?type=chunk&number=0`)).toMatchObject({ status: 200, type: "video/mp4" });
});

const rangesOf = async (id: number) => {
  const jobs = (await get(`jobs?task_id=${id}&page_size=100`)).body as {
    results: { start_frame: number; stop_frame: number }[];
  };
  return jobs.results.map(({ start_frame, stop_frame }) => [start_frame, stop_frame]).reverse();
};

behaves("third 4.2", async () => {
  put("films/long.mp4", mp4Of(64, 48, 700));
  const { id, meta } = await made(["films/long.mp4"], {}, { segment_size: 300 });
  expect((await get(`tasks/${id}`)).body).toMatchObject({
    mode: "interpolation",
    data_compressed_chunk_type: "video",
    size: 700,
  });
  expect(meta).toMatchObject({
    start_frame: 0,
    stop_frame: 699,
    frames: [{ width: 64, height: 48, name: "films/long.mp4" }],
  });
  expect(await rangesOf(id)).toEqual([
    [0, 299],
    [295, 594],
    [590, 699],
  ]);
});

behaves("third 4.3", async () => {
  const film = (changes: Json, task: Json = {}) => made(["films/v1.mp4"], changes, task);
  const cut = await film({ start_frame: 10, stop_frame: 29 });
  expect(cut.meta).toMatchObject({ size: 20, start_frame: 10, stop_frame: 29 });
  expect(await rangesOf(cut.id)).toEqual([[0, 19]]);
  expect((await film({ start_frame: 10, stop_frame: 49, frame_filter: "step=5" })).meta).toMatchObject({
    size: 8,
    stop_frame: 45,
  });
  const stepped = await film({ frame_filter: "step=2" }, { segment_size: 10, overlap: 2 });
  expect(await rangesOf(stepped.id)).toEqual([
    [0, 9],
    [8, 17],
    [16, 25],
    [24, 29],
  ]);
  expect((await film({ stop_frame: 1000 })).meta).toMatchObject({ size: 60 });
  expect((await film({ start_frame: 60 })).request["message"]).toBe("ValueError: range() arg 3 must not be zero\n");
  const refused = async (changes: Json) => (await postData(await newTask(), ["films/v1.mp4"], changes)).body;
  expect(JSON.stringify(await refused({ start_frame: 9, stop_frame: 8 }))).toContain(
    "Stop frame must be more or equal start frame",
  );
  for (const frame_filter of ["every 5", "step=0"])
    expect(JSON.stringify(await refused({ frame_filter }))).toContain("Invalid frame filter expression");
});

behaves("third 4.4", async () => {
  put("mixed/v.mp4", mp4Of(64, 48, 5));
  put("mixed/im.jpg");
  put("bad/empty.mp4", "");
  put("bad/text.avi", "text");
  put("bad/cut.mp4", mp4Of(64, 48, 5).subarray(0, 60));
  for (const files of [["mixed/"], ["films/v1.mp4", "mixed/im.jpg"]])
    expect(await messageOf(files)).toMatch(
      /^ValueError: Only one video, archive, pdf, zip or many image, directory can be used simultaneously, +but 1 image\(s\), 1 video\(s\)/,
    );
  expect(await messageOf(["films/v1.mp4", "mixed/v.mp4"])).toContain("but 0 image(s), 2 video(s)");
  expect(await messageOf(["films/absent.mp4"])).toContain(
    "'films/absent.mp4' not found on the cloud storage 'datasets'",
  );
  expect(await messageOf(["bad/empty.mp4"])).toBe("OSError: [Errno 22] Invalid argument\n");
  for (const file of ["bad/text.avi", "bad/cut.mp4"])
    expect(await messageOf([file])).toMatch(/^av\.error\.InvalidDataError.*Invalid data found when processing input/);
});

behaves("third 4.5", async () => {
  const { id } = await made(["films/v1.mp4"]);
  const data = (query: string) => get(`tasks/${id}/data?${query}`);
  expect(await data("type=frame&number=60")).toMatchObject({
    status: 400,
    body: "Invalid frame '60'. The frame number should be in the [0, 60] range",
  });
  expect((await data("type=frame&number=x")).status).toBe(500);
  expect((await data("type=frame")).status).toBe(400);
  expect((await data("type=chunk&number=2")).status).toBe(400);
  expect(await data("type=preview")).toMatchObject({ status: 200, type: "image/jpeg" });
});

behaves("third 4.6", async () => {
  put("mf/v.mp4", mp4Of(320, 240, 60));
  put(
    "mf/manifest.jsonl",
    '{"version":"1.1"}\n{"type":"video"}\n{"properties":{"name":"v.mp4","resolution":[320,240],"length":55,"chapters":[]}}\n{"number":0,"pts":0,"checksum":"x"}\n',
  );
  expect((await made(["mf/v.mp4", "mf/manifest.jsonl"])).meta).toMatchObject({ size: 55 });
  expect((await made(["mf/"])).meta).toMatchObject({ size: 60 });
  expect(await messageOf(["mf/manifest.jsonl"])).toBe(
    "InvalidManifestError: Invalid '..' file structure: 'name' is required\n",
  );
});

behaves("third 6.7", async () => {
  expect((await post("tasks", { name: "t", consensus_replicas: 1 })).status).toBe(400);
  const { id } = await made(["a/im1.jpg"], {}, { consensus_replicas: 2 });
  const { results } = (await get(`jobs?task_id=${id}`)).body as { results: Json[] };
  expect(results.map(({ type }) => type)).toEqual(["consensus_replica", "consensus_replica", "annotation"]);
  expect(results[0]).toMatchObject({ parent_job_id: results[2]?.["id"] });
  expect((await get(`tasks/${id}`)).body).toMatchObject({ consensus_enabled: true, jobs: { count: 3 } });
});

behaves("third 9.2", async () => {
  const names = ["a/f1", "a/f10", "10", "9", "A", "UP/X", "a b/x", "a/f0"].map((name) => `s/${name}.jpg`);
  for (const name of names) put(name);
  const order = async (sorting_method?: string) =>
    namesOf(await made(names, sorting_method === undefined ? {} : { sorting_method })).map((name) => name.slice(2, -4));
  expect(await order()).toEqual(["10", "9", "A", "UP/X", "a b/x", "a/f0", "a/f1", "a/f10"]);
  expect(await order("natural")).toEqual(["9", "10", "A", "UP/X", "a b/x", "a/f0", "a/f1", "a/f10"]);
  expect(await order("predefined")).toEqual(names.map((name) => name.slice(2, -4)));
  expect((await order("random")).sort()).toEqual(names.map((name) => name.slice(2, -4)).sort());
  expect((await postData(await newTask(), names, { sorting_method: "size" })).status).toBe(400);
});

const record = (name: string, changes: Json = {}) =>
  JSON.stringify({ name, extension: ".jpg", width: 64, height: 48, ...changes });
const manifest = (...records: string[]) => ['{"version":"1.1"}', '{"type":"images"}', ...records, ""].join("\n");

behaves("third 9.3", async () => {
  put("man/a/f1.jpg");
  put("man/b/f2.jpg");
  put("man/manifest.jsonl", manifest(record("b/f2"), record("a/f1")));
  put("manifest.jsonl", manifest(record("man/a/f1")));
  expect(namesOf(await made(["man/manifest.jsonl"]))).toEqual(["man/a/f1.jpg", "man/b/f2.jpg"]);
  expect(namesOf(await made(["manifest.jsonl"]))).toEqual(["man/a/f1.jpg"]);
  expect(namesOf(await made(["man/manifest.jsonl", "man/b/"]))).toEqual(["man/b/f2.jpg"]);
  for (const name of ["/a/f1", "../a/f1"]) {
    put("man/wrong.jsonl", manifest(record(name)));
    expect(await messageOf(["man/wrong.jsonl"])).toMatch(/^ValueError.*is not in the subpath of/);
  }
});

behaves("third 9.4", async () => {
  put("man/sizes.jsonl", manifest(record("a/f1", { width: 640, height: 480, checksum: "wrong" })));
  const { meta } = await made(["man/sizes.jsonl"]);
  expect(meta["frames"]).toMatchObject([{ width: 640, height: 480, name: "man/a/f1.jpg" }]);
  for (const changes of [{ width: undefined }, { height: "48" }, { extension: undefined }]) {
    put("man/less.jsonl", manifest(record("a/f1", changes)));
    expect(await messageOf(["man/less.jsonl"])).toContain("Invalid manifest was uploaded");
  }
  put("man/absent.jsonl", manifest(record("a/f1"), record("a/absent")));
  expect(await messageOf(["man/absent.jsonl"])).toContain("'man/a/absent.jpg' not found");
  put("man/twice.jsonl", manifest(record("a/f1"), record("a/f1")));
  expect(await messageOf(["man/twice.jsonl"])).toContain("Incorrect file mapping to manifest content");
});

behaves("third 9.5", async () => {
  const fine = manifest(record("a/f1"));
  for (const text of [
    fine.replaceAll("\n", "\r\n"),
    fine.trimEnd(),
    fine.replace("1.1", "1.0"),
    fine.replaceAll(":", ": "),
  ]) {
    put("man/form.jsonl", text);
    expect((await made(["man/form.jsonl"])).request["status"]).toBe("finished");
  }
  const header = manifest();
  for (const text of [
    `\ufeff${fine}`,
    fine.replace("1.1", "2.0"),
    record("a/f1"),
    header,
    fine.replace('"name"', "name"),
  ]) {
    put("man/form.jsonl", text);
    expect(await messageOf(["man/form.jsonl"])).toContain("Invalid manifest was uploaded");
  }
  put("man/form.jsonl", manifest(record("a/f1"), "", record("b/f2")));
  expect(await messageOf(["man/form.jsonl"])).toContain("JSONDecodeError");
  put("man/manifest.json", fine);
  expect(await messageOf(["man/manifest.json"])).toContain("No media data found");
});

behaves("third 9.6", async () => {
  put("man/order.jsonl", manifest(record("b/f2"), record("a/f1")));
  const predefined = await made(["man/order.jsonl"], { sorting_method: "predefined" });
  expect(namesOf(predefined)).toEqual(["man/b/f2.jpg", "man/a/f1.jpg"]);
  expect(await messageOf(["man/order.jsonl"], { sorting_method: "random" })).toContain("random sorting");
});

behaves("third 10.1", async () => {
  const project_id = idOf(await post("projects", { name: "p", labels: [{ name: "cat" }] }));
  const { id } = await made(["a/im1.jpg"], {}, { project_id, labels: undefined });
  const list = async (query: string) => ((await get(`requests?${query}`)).body as { results: Json[] }).results;
  expect(await list(`task_id=${id}`)).toHaveLength(1);
  expect(await list(`project_id=${project_id}&status=finished&action=create&target=task`)).toHaveLength(1);
  expect(await list(`task_id=${id}&status=nonsense`)).toEqual([]);
  expect((await list("page_size=2")).length).toBe(2);
  expect(((await get("requests", await cvat.key(ALICE))).body as { results: Json[] }).results).toEqual([]);
  for (const query of [
    "subresource=backup",
    "format=x",
    `filter=${encodeURIComponent('{"<":[{"var":"created_date"},"2026"]}')}`,
  ])
    expect((await get(`requests?${query}`)).status).toBe(500);
});

behaves("third 10.3", async () => {
  const head = async (path: string) => (await cvat.call("HEAD", path)).status;
  expect([await head("projects"), await head(`tasks/${await newTask()}`)]).toEqual([500, 500]);
  expect([await head("server/about"), await head("users/self")]).toEqual([200, 200]);
});

behaves("engine/task.py", async () => {
  const { id } = await made(["films/v1.mp4"]);
  expect((await get(`tasks/${id}`)).body).toMatchObject({ segment_size: 60, overlap: 5 });
  put("films/endless.mp4", mp4Of(64, 48, 1001));
  const long = await made(["films/endless.mp4"], {}, { segment_size: 1 });
  expect(long.request["message"]).toBe(
    "ValueError: Too many jobs would be created for the task. Current total: 1001, maximum allowed: 1000.\n",
  );
  expect((await get(`tasks/${long.id}`)).body).toMatchObject({ size: 0, jobs: { count: 0 } });
});

behaves("engine/cloud_provider.py", async () => {
  const { meta } = await made(["a/im1.jpg", "a/im10.jpg", "a/im2.png"]);
  expect(meta["frames"]).toMatchObject([
    { width: 320, height: 240 },
    { width: 100, height: 200 },
    { width: 64, height: 48 },
  ]);
  put("bad/rubbish.jpg", "no picture at all");
  expect(await messageOf(["bad/rubbish.jpg"])).toBe("Exception: Failed to read the image file 'bad/rubbish.jpg'\n");
});

behaves("recorded task without data", async () => {
  expect((await get(`tasks/${await newTask()}/data/meta`)).status).toBe(500);
});

behaves("recorded upload", async () => {
  const task = await newTask();
  const picture = jpegOf(64, 48);
  const metadata = `filename ${Buffer.from("own.jpg").toString("base64")}`;
  const headers = { "Upload-Length": String(picture.length), "Upload-Metadata": metadata };
  const begun = await cvat.call("POST", `tasks/${task}/data/`, { headers });
  const [, place = ""] = (begun.headers.get("location") ?? "").split("/api/");
  const piece = (from: number, to: number) =>
    cvat.call("PATCH", place, {
      bytes: picture.subarray(from, to),
      headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(from) },
    });
  expect([(await piece(0, 9)).status, (await piece(9, picture.length)).status]).toEqual([204, 204]);
  const finish = { headers: { "Upload-Finish": "" }, body: { image_quality: 70, client_files: [] } };
  expect(await cvat.done(await cvat.call("POST", `tasks/${task}/data/`, finish))).toMatchObject({ status: "finished" });
  expect((await get(`tasks/${task}/data/meta`)).body).toMatchObject({
    ...{ storage: "local", cloud_storage_id: null },
    frames: [{ name: "own.jpg", width: 64, height: 48 }],
  });
  expect((await get(`tasks/${task}/data?type=frame&number=0`)).type).toBe("image/jpeg");
  const other = await newTask();
  const stranger = await cvat.call("POST", `tasks/${other}/data/`, { headers });
  const [, foreign = ""] = (stranger.headers.get("location") ?? "").split("/api/");
  expect((await cvat.call("HEAD", foreign, { key: await cvat.key(ALICE) })).status).toBe(403);
  await cvat.call("DELETE", `tasks/${other}`);
  expect(cvat.store.state.uploads).toEqual([]);
});

behaves("recorded picture of no bytes", async () => {
  put("bad/empty.jpg", "");
  expect(await messageOf(["bad/empty.jpg"])).toContain("The bad/empty.jpg file is empty.");
});

andAll();
