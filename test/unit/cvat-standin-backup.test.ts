import { readFileSync, utimesSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { BACKUP_BEHAVIOURS } from "../../automation/rehearsal/services/cvat/behaviours-backup.ts";
import { unzipped, zipped, type Entry } from "../../automation/rehearsal/services/cvat/zip.ts";
import { behaviours } from "../fixtures/cvat/behaves.ts";
import { digestOf } from "../fixtures/cvat/digest.ts";
import {
  ADMIN,
  startCvat,
  storageBody,
  type Called,
  type CallOptions,
  type TestCvat,
} from "../fixtures/cvat/stand-in.ts";

const { behaves, andAll } = behaviours(BACKUP_BEHAVIOURS);
type Json = Record<string, unknown>;

const recorded = (name: string) => readFileSync(path.resolve(import.meta.dirname, "../fixtures/cvat", name));
const FULL = recorded("backup-full.zip");
const LIGHT = recorded("backup-lightweight.zip");
const PEOPLE = ["owen", "mary", "susan", "wolf", "stranger"] as const;
const person = (username: string) => ({
  ...{ username, email: `${username}@example.test`, password: "battery-staple", role: "user" as const },
});
const ORG = { "X-Organization": "lab" };

let cvat: TestCvat;
const keys: Record<string, string> = {};
/** The organization's bucket. */
let storage: number;

beforeAll(async () => {
  cvat = await startCvat({ users: [ADMIN, ...PEOPLE.map(person)] });
  cvat.s3.buckets = { datasets: [], backups: [] };
  for (const name of PEOPLE) keys[name] = await cvat.key(person(name));
  await call("POST", "organizations", { body: { slug: "lab" }, key: keys["owen"] });
  for (const [name, role] of [
    ["mary", "maintainer"],
    ["susan", "supervisor"],
    ["wolf", "worker"],
  ] as const)
    await call("POST", "invitations", {
      ...{ body: { role, email: person(name).email }, key: keys["owen"], headers: ORG },
    });
  for (const file of await filesIn(FULL))
    if (file.name.startsWith("task_0/data/pics/")) put("datasets", file.name.slice("task_0/data/".length), file.bytes);
  put("datasets", "clips/v1.mp4", (await fileIn(FULL, "task_1/data/clips/v1.mp4")).bytes);
  storage = await newStorage("datasets", keys["owen"], ORG);
  await cvat.order({ pace: { queuedMs: 1, startedMs: 1 } });
});
afterAll(() => cvat.end());

function put(bucket: string, key: string, body: Buffer): void {
  if (!cvat.s3.buckets[bucket]?.includes(key)) cvat.s3.buckets[bucket]?.push(key);
  cvat.s3.bodies[`${bucket}/${key}`] = body;
}

const call = (
  method: string,
  path: string,
  { key, ...options }: Omit<CallOptions, "key"> & { key?: string | undefined } = {},
) => cvat.call(method, path, { ...options, ...(key !== undefined && { key }) });
const post = (path: string, body: unknown = {}, key?: string, headers: Record<string, string> = {}) =>
  call("POST", path, { body, key, headers });
const get = async (path: string, key?: string) => (await call("GET", path, { key })).body as Json;
const idOf = ({ body }: { body: unknown }) => (body as { id: number }).id;
const resultsOf = async (path: string) => (await get(`${path}&page_size=all`))["results"] as Json[];
const newStorage = async (resource: string, key?: string, headers = {}) =>
  idOf(await post("cloudstorages", storageBody({ resource, display_name: resource }), key, headers));
const newToken = async (name: string, read_only: boolean) => {
  const answer = await post("auth/access_tokens", { name: "t", read_only }, keys[name]);
  return { Authorization: `Bearer ${(answer.body as { value: string }).value}` };
};
/** By a token, in the place of a key. */
const byToken = (method: string, path: string, headers: Record<string, string>) =>
  cvat.call(method, path, { key: null, headers });

const PICTURES = ["im00.jpg", "im01.png", "im02.jpg", "im03.png"].map((name) => `pics/a/${name}`);

/** A project of one task of pictures in the bucket, in two jobs. */
async function newProject(key = keys["owen"], headers: Record<string, string> = ORG, from = storage) {
  const labels = [{ name: "car" }];
  const project = idOf(await post("projects", { name: "Road Ünder / x", labels }, key, headers));
  const task = idOf(await post("tasks", { name: "pics", project_id: project, segment_size: 2 }, key, headers));
  const data = { image_quality: 70, cloud_storage_id: from, server_files: PICTURES };
  expect(await cvat.done(await post(`tasks/${task}/data`, data, key))).toMatchObject({ status: "finished" });
  return { project, task, label: Number((await resultsOf(`labels?project_id=${project}`))[0]?.["id"]) };
}

const backUp = (project: number, query = "location=local", key?: string) =>
  post(`projects/${project}/backup/export?${query}`, {}, key);

async function bytesOf(project: number, query = "location=local", key?: string): Promise<Buffer> {
  const request = await cvat.done(await backUp(project, query, key));
  expect(request).toMatchObject({ status: "finished", message: "" });
  return fetched(String(request["result_url"]), key);
}

async function fetched(url: string, key?: string): Promise<Buffer> {
  const response = await fetch(url, { headers: { Authorization: `Token ${key ?? (await cvat.key())}` } });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

async function filesIn(zip: Buffer): Promise<Entry[]> {
  const files = await unzipped(zip);
  if (!files) throw new Error("This is no zip.");
  return files;
}
async function fileIn(zip: Buffer, name: string): Promise<Entry> {
  const found = (await filesIn(zip)).find((file) => file.name === name);
  if (!found) throw new Error(`${name} is not in it.`);
  return found;
}
const jsonIn = async (zip: Buffer, name: string) =>
  JSON.parse((await fileIn(zip, name)).bytes.toString("utf8")) as Json;

/** Restores a zip in the organization, and says how the request ended. */
async function restored(zip: Buffer, { list = "projects", key = keys["mary"] } = {}) {
  put("datasets", "in.zip", zip);
  const query = `location=cloud_storage&cloud_storage_id=${storage}&filename=in.zip`;
  return cvat.done(await post(`${list}/backup?${query}`, {}, key, ORG));
}

async function restoredId(zip: Buffer): Promise<number> {
  const request = await restored(zip);
  expect(request).toMatchObject({ status: "finished", operation: { type: "import:backup" } });
  return Number(request["result_id"]);
}

const tasksOf = (project: number) => resultsOf(`tasks?project_id=${project}&sort=name`);
const jobsOf = async (task: unknown) =>
  (await resultsOf(`jobs?task_id=${String(task)}`)).sort((one, other) => Number(one["id"]) - Number(other["id"]));

/** Of every job of a project, its frames, how many of each kind it has, and the beginning of its digest. */
async function digests(project: number) {
  const seen: unknown[] = [];
  for (const task of await tasksOf(project)) {
    const labels = await resultsOf(`labels?task_id=${String(task["id"])}`);
    for (const job of await jobsOf(task["id"])) {
      const annotations = (await get(`jobs/${String(job["id"])}/annotations`)) as Record<string, Json[]>;
      const counts = ["tags", "shapes", "tracks"].map((kind) => annotations[kind]?.length);
      const digest = digestOf(annotations, labels as unknown as Parameters<typeof digestOf>[1]).slice(0, 16);
      seen.push([task["name"], job["start_frame"], job["stop_frame"], ...counts, digest]);
    }
  }
  return seen;
}

/** As they stand in backup-zips.txt. */
function digestsOfRecord() {
  const lines = recorded("backup-zips.txt").toString("utf8").split("\n");
  return lines.flatMap((line) => {
    const [, task, from, to, digest, tags, shapes, tracks] =
      /^ +task (\w+) frames (\d+)-(\d+): sha256 starts (\w+) +\{'tags': (\d+), 'shapes': (\d+), 'tracks': (\d+)\}/.exec(
        line,
      ) ?? [];
    return task === undefined ? [] : [[task, ...[from, to, tags, shapes, tracks].map(Number), digest]];
  });
}

const spoiled = async (name: string, change: (content: string) => string, zip = FULL) =>
  zipped(
    (await filesIn(zip)).map((file) =>
      file.name === name ? { name, bytes: Buffer.from(change(file.bytes.toString("utf8"))) } : file,
    ),
  );
const without = async (name: string, zip = FULL) => zipped((await filesIn(zip)).filter((file) => file.name !== name));

behaves("third 3.1", async () => {
  const { project, task } = await newProject();
  const statuses = async (path: string) => {
    const seen: Record<string, number> = {};
    for (const name of ["admin", ...PEOPLE]) {
      const key = name === "admin" ? undefined : keys[name];
      const answer = await post(`${path}/backup/export?location=local`, {}, key);
      seen[name] = answer.status;
      if (answer.status === 202) await cvat.done(answer);
    }
    return seen;
  };
  const staff = { admin: 202, owen: 202, mary: 202, susan: 403, wolf: 403, stranger: 403 };
  expect(await statuses(`projects/${project}`)).toEqual(staff);
  const wolf = cvat.store.state.users.find(({ username }) => username === "wolf")?.id;
  await call("PATCH", `tasks/${task}`, { body: { assignee_id: wolf } });
  expect(await statuses(`tasks/${task}`)).toEqual({ ...staff, wolf: 202 });
  const susan = cvat.store.state.users.find(({ username }) => username === "susan")?.id;
  await call("PATCH", `projects/${project}`, { body: { assignee_id: susan } });
  expect(await statuses(`projects/${project}`)).toEqual({ ...staff, susan: 202 });
  // Another organization, of which she is no member.
  await post("organizations", { slug: "other" }, keys["stranger"]);
  const foreign = await post(`projects/${project}/backup/export?location=local`, {}, keys["mary"], {
    "X-Organization": "other",
  });
  expect(foreign.status).toBe(202);
  await cvat.done(foreign);
  const own = idOf(await post("projects", { name: "own" }, keys["susan"], { "X-Organization": "" }));
  const seen = { admin: 202, owen: 403, mary: 403, susan: 202, wolf: 403, stranger: 403 };
  expect(await statuses(`projects/${own}`)).toEqual(seen);
});

behaves("third 3.1 storage", async () => {
  const { project } = await newProject();
  const bucket = (id: number) => `location=cloud_storage&cloud_storage_id=${id}&filename=b.zip`;
  const own = await newStorage("backups", keys["mary"], { "X-Organization": "" });
  expect((await backUp(project, bucket(own), keys["owen"])).status).toBe(403);
  expect(await cvat.done(await backUp(project, bucket(storage), keys["mary"]))).toMatchObject({ status: "finished" });
  const sandboxed = idOf(await post("projects", { name: "own" }, keys["mary"], { "X-Organization": "" }));
  expect((await backUp(sandboxed, bucket(storage), keys["mary"])).status).toBe(403);
  expect((await backUp(sandboxed, bucket(storage))).status).toBe(202);
  expect((await backUp(sandboxed, bucket(own), keys["mary"])).status).toBe(202);
});

behaves("third 3.1 tokens", async () => {
  const { project } = await newProject();
  const bucket = `location=cloud_storage&cloud_storage_id=${storage}&filename=b.zip`;
  const [reads, writes] = [await newToken("mary", true), await newToken("mary", false)];
  const exported = (query: string, token: Record<string, string>) =>
    byToken("POST", `projects/${project}/backup/export?${query}`, token);
  expect((await exported(bucket, reads)).status).toBe(403);
  await cvat.done(await exported("location=local", reads));
  expect((await exported(bucket, writes)).status).toBe(202);
  await until202(() => exported("", reads));
  const target_storage = { location: "cloud_storage", cloud_storage_id: storage };
  expect((await call("PATCH", `projects/${project}`, { body: { target_storage } })).status).toBe(200);
  expect((await exported("", reads)).status).toBe(403);
  expect((await byToken("POST", `projects/backup?${bucket}`, { ...reads, ...ORG })).status).toBe(403);
});

/** A request of the same name is over first. */
async function until202(ask: () => Promise<Called>): Promise<Called> {
  let answer = await ask();
  while (answer.status === 409) {
    await cvat.done(answer);
    answer = await ask();
  }
  expect(answer.status).toBe(202);
  return answer;
}

behaves("third 3.1 download", async () => {
  const { project } = await newProject();
  const reads = await newToken("mary", true);
  const request = await cvat.done(await backUp(project, "location=local", keys["mary"]));
  const place = String(request["result_url"]).replace(/^.*?\/api\//, "");
  expect((await byToken("GET", place, reads)).status).toBe(200);
  expect((await call("GET", place, { key: keys["owen"] })).status).toBe(403);
  expect((await cvat.call("GET", place, { key: null })).status).toBe(401);
});

behaves("third 3.2", async () => {
  const { project, task, label } = await newProject();
  const [job] = await jobsOf(task);
  const digest = async () => (await bytesOf(project)).toString("base64");
  const [first, before] = [await digest(), (await get(`projects/${project}`))["updated_date"]];
  const unmoved: [string, string, unknown][] = [
    ["PATCH", `jobs/${String(job?.["id"])}`, { state: "completed" }],
    ["PATCH", `jobs/${String(job?.["id"])}`, { stage: "acceptance", state: "completed" }],
    ["PATCH", `jobs/${String(job?.["id"])}`, { assignee: 1 }],
    ["PATCH", `tasks/${task}/data/meta`, { deleted_frames: [1] }],
    ["POST", "jobs", { type: "ground_truth", task_id: task, frame_selection_method: "manual", frames: [0] }],
    ["PATCH", `projects/${project}`, { name: "Road Ünder / x" }],
  ];
  for (const [method, path, body] of unmoved) {
    expect((await call(method, path, { body })).status).toBeLessThan(300);
    expect(await digest(), path).toBe(first);
  }
  expect((await get(`projects/${project}`))["updated_date"]).toBe(before);
  const date = (await get(`tasks/${task}`))["updated_date"];
  await call("PATCH", `tasks/${task}`, { body: { name: "pics" } });
  expect((await get(`tasks/${task}`))["updated_date"]).toBe(date);
  const moved = await digest();
  expect(moved).not.toBe(first);
  expect(await jsonIn(Buffer.from(moved, "base64"), "task_0/task.json")).toMatchObject({
    data: { deleted_frames: [1] },
    jobs: [{ status: "completed" }, { status: "annotation" }, { frames: [0] }],
  });
  const shape = { type: "rectangle", frame: 0, label_id: label, points: [0, 0, 9, 9] };
  await call("PATCH", `tasks/${task}/annotations?action=create`, { body: { shapes: [shape], tags: [], tracks: [] } });
  const drawn = await digest();
  expect(drawn).not.toBe(moved);
  await call("PATCH", `jobs/${String(job?.["id"])}`, { body: { stage: "validation" } });
  expect(await digest()).toBe(drawn);
  // A day after it was given out last it is made anew. (CVAT_EXPORT_CACHE_TTL in settings/base.py)
  const kept = (await cvat.done(await backUp(project)))["id"];
  const { file } = cvat.store.state.requests.find(({ id }) => id === kept)?.parameters as { file: string };
  const aged = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(file, aged, aged);
  expect(await digest()).not.toBe(drawn);
});

behaves("third 3.2 creation", async () => {
  const { project, task } = await newProject();
  const begin = async (name: string, changes: Json = {}) => {
    const id = idOf(await post("tasks", { name, project_id: project, ...changes }, keys["owen"], ORG));
    const data = { image_quality: 70, cloud_storage_id: storage, server_files: ["pics/b/"] };
    return { id, answer: await post(`tasks/${id}/data`, data, keys["owen"]) };
  };
  await cvat.order({ workers: { import: "down" } });
  const late = await begin("late");
  const early = await bytesOf(project);
  await cvat.order({ pace: { queuedMs: 1, startedMs: 1 } });
  await cvat.done(late.answer);
  const again = await bytesOf(project);
  expect(again.equals(early)).toBe(true);
  expect(await jsonIn(early, "task_1/task.json")).toMatchObject({ jobs: [], data: { chunk_size: null } });
  expect((await filesIn(early)).filter(({ name }) => name.startsWith("task_1/data/"))).toHaveLength(1);
  const tasks = cvat.store.state.tasks.length;
  expect(await restored(early)).toMatchObject({
    status: "failed",
    message: "TypeError: '>' not supported between instances of 'NoneType' and 'int'\n",
  });
  expect(cvat.store.state.tasks).toHaveLength(tasks);
  await call("PATCH", `tasks/${task}`, { body: { name: "pics" } });
  const whole = await bytesOf(project);
  expect(await jsonIn(whole, "task_1/task.json")).toMatchObject({ jobs: [{ start_frame: 0, stop_frame: 9 }] });
  expect(await restored(whole)).toMatchObject({ status: "finished" });
});

behaves("third 3.3", async () => {
  const { project, task, label } = await newProject();
  await post("guides", { project_id: project, markdown: "# look" });
  await post("guides", { task_id: task, markdown: "# closer" });
  const [job] = await jobsOf(task);
  const tag = { frame: 1, label_id: label };
  await call("PUT", `jobs/${String(job?.["id"])}/annotations`, { body: { tags: [tag], shapes: [], tracks: [] } });
  const names = (zip: Buffer) => filesIn(zip).then((files) => files.map(({ name }) => name));
  const after = ["task_0/task.json", "task_0/annotations.json", "task_0/annotation_guide.md"];
  const full = await bytesOf(project);
  expect(await names(full)).toEqual([
    ...["annotation_guide.md", "project.json", "task_0/data/manifest.jsonl"],
    ...PICTURES.map((key) => `task_0/data/${key}`),
    ...after,
  ]);
  expect((await fileIn(full, "task_0/data/pics/a/im03.png")).bytes).toEqual(cvat.s3.bodies["datasets/pics/a/im03.png"]);
  const light = await bytesOf(project, "location=local&lightweight=true");
  expect(await names(light)).toEqual([
    ...["annotation_guide.md", "project.json", "task_0/data/manifest.jsonl", ...after],
  ]);
  expect(await jsonIn(full, "task_0/task.json")).toMatchObject({ data: { storage: "local" } });
  expect(await jsonIn(light, "task_0/task.json")).toMatchObject({
    data: { storage: "cloud_storage", start_frame: 0, stop_frame: 3 },
  });
  const [first] = (await jsonIn(full, "task_0/annotations.json")) as unknown as Json[];
  expect(first).toMatchObject({ version: 0, tags: [{ label: "car", frame: 1, attributes: [] }] });
  expect(JSON.stringify(await jsonIn(full, "project.json"))).not.toMatch(/"(id|owner|organization|assignee)"/);
});

behaves("third 3.4", async () => {
  put("datasets", "in.zip", FULL);
  const query = `location=cloud_storage&cloud_storage_id=${storage}&filename=in.zip`;
  const statuses: Record<string, number> = {};
  for (const name of ["admin", ...PEOPLE]) {
    const key = name === "admin" ? undefined : keys[name];
    const answer = await post(`projects/backup?${query}`, {}, key, ORG);
    statuses[name] = answer.status;
    if (answer.status !== 202) continue;
    const made = await get(`projects/${String((await cvat.done(answer))["result_id"])}`);
    expect(made).toMatchObject({ name: "bproj", owner: { username: name }, organization: idOfLab() });
  }
  expect(statuses).toEqual({ admin: 202, owen: 202, mary: 202, susan: 202, wolf: 403, stranger: 403 });
  expect((await post(`projects/backup?${query}`, {}, keys["mary"])).status).toBe(403);
  const writes = await newToken("mary", false);
  expect((await byToken("POST", `projects/backup?${query}`, { ...writes, ...ORG })).status).toBe(202);
});

const idOfLab = () => cvat.store.state.organizations.find(({ slug }) => slug === "lab")?.id;

behaves("third 3.4 lost", async () => {
  const { project, task } = await newProject();
  const film = idOf(await post("tasks", { name: "film", project_id: project }, keys["owen"], ORG));
  const data = { image_quality: 70, cloud_storage_id: storage, server_files: ["clips/v1.mp4"] };
  await cvat.done(await post(`tasks/${film}/data`, data, keys["owen"]));
  expect(await get(`tasks/${film}`)).toMatchObject({ overlap: 5 });
  const [job] = await jobsOf(task);
  await call("PATCH", `jobs/${String(job?.["id"])}`, {
    body: { stage: "acceptance", state: "completed", assignee: 1 },
  });
  await post("issues", { job: job?.["id"], frame: 0, position: [1, 1], message: "look" });
  const target_storage = { location: "cloud_storage", cloud_storage_id: storage };
  await call("PATCH", `projects/${project}`, { body: { target_storage } });
  const made = await restoredId(await bytesOf(project));
  expect(await get(`projects/${made}`)).toMatchObject({ target_storage: null, source_storage: null });
  const [again, pictures] = await tasksOf(made);
  expect(again).toMatchObject({ name: "film", overlap: 0, size: 60 });
  expect(pictures).toMatchObject({
    name: "pics",
    jobs: { completed: 0 },
    data_cloud_storage_id: null,
    segment_size: 2,
  });
  expect((await jobsOf(pictures?.["id"]))[0]).toMatchObject({
    ...{ state: "new", stage: "annotation", status: "completed", assignee: null, issues: { count: 0 } },
  });
});

behaves("third 3.4 jobs", async () => {
  const labels = [{ name: "car", attributes: [{ name: "kind", input_type: "text", mutable: false, values: [] }] }];
  const project = idOf(await post("projects", { name: "judged", labels }, keys["owen"], ORG));
  const wanted = { name: "pics", project_id: project, segment_size: 3, overlap: 1, consensus_replicas: 2 };
  const task = idOf(await post("tasks", wanted, keys["owen"], ORG));
  const data = { image_quality: 70, cloud_storage_id: storage, server_files: ["pics/b/"] };
  await cvat.done(await post(`tasks/${task}/data`, data, keys["owen"]));
  await post("jobs", { type: "ground_truth", task_id: task, frame_selection_method: "manual", frames: [2, 7] });
  const [label] = await resultsOf(`labels?project_id=${project}`);
  for (const [at, job] of (await jobsOf(task)).entries()) {
    const shape = { type: "rectangle", frame: job["start_frame"], label_id: label?.["id"], points: [at, 0, 50, 60] };
    const body = { shapes: [shape], tags: [], tracks: [] };
    expect((await call("PUT", `jobs/${String(job["id"])}/annotations`, { body })).status).toBe(200);
  }
  const before = await digests(project);
  expect(before).toHaveLength(5 * 3 + 1);
  for (const query of ["location=local", "location=local&lightweight=true"]) {
    const again = await restoredId(await bytesOf(project, query));
    expect(await digests(again)).toEqual(before);
    const [made] = await tasksOf(again);
    expect(made).toMatchObject({ segment_size: 3, overlap: 1, validation_mode: "gt" });
    const jobs = await jobsOf(made?.["id"]);
    expect(jobs.map(({ type }) => type)).toEqual((await jobsOf(task)).map(({ type }) => type));
    expect(jobs[1]?.["parent_job_id"]).toBe(jobs[0]?.["id"]);
    const meta = await get(`jobs/${String(jobs.at(-1)?.["id"])}/data/meta`);
    expect(meta).toMatchObject({ included_frames: [2, 7] });
  }
});

behaves("engine/serializers.py layout", async () => {
  const project = idOf(await post("projects", { name: "laid out", labels: [{ name: "car" }] }, keys["owen"], ORG));
  const wanted = { name: "pics", project_id: project, consensus_replicas: 2 };
  const task = idOf(await post("tasks", wanted, keys["owen"], ORG));
  const data = { image_quality: 70, cloud_storage_id: storage, server_files: ["pics/b/"] };
  await cvat.done(await post(`tasks/${task}/data`, data, keys["owen"]));
  const lay = (of: number, body: Json) => call("PATCH", `tasks/${of}/validation_layout`, { body });
  expect((await lay(task, { disabled_frames: [2] })).status).toBe(500);
  await post("jobs", { type: "ground_truth", task_id: task, frame_selection_method: "manual", frames: [2, 7] });
  expect(await lay(task, { disabled_frames: [3, 2] })).toMatchObject({
    status: 400,
    body: ["Unknown frames requested for exclusion from the validation set: 3"],
  });
  expect((await lay(task, { frame_selection_method: "random_uniform" })).status).toBe(400);
  const layout = { mode: "gt", validation_frames: [2, 7], disabled_frames: [7] };
  expect(await lay(task, { disabled_frames: [7] })).toMatchObject({ status: 200, body: layout });
  const settings = async (of: unknown) => (await resultsOf(`consensus/settings?task_id=${String(of)}`))[0] ?? {};
  const change = async (of: unknown, iou_threshold: number) =>
    (await call("PATCH", `consensus/settings/${String((await settings(of))["id"])}`, { body: { iou_threshold } }))
      .status;
  expect([await change(task, 2), await change(task, 0.6)]).toEqual([400, 200]);
  const [made = {}] = await tasksOf(await restoredId(await bytesOf(project, "location=local")));
  expect(await get(`tasks/${String(made["id"])}/validation_layout`)).toMatchObject({ ...layout, disabled_frames: [] });
  expect(await settings(made["id"])).toMatchObject({ iou_threshold: 0.4 });
  const [plain = {}] = await tasksOf(await restoredId(FULL));
  expect(await settings(plain["id"])).toEqual({});
});

behaves("engine/backup.py", async () => {
  const project = idOf(await post("projects", { name: "parts", labels: [{ name: "car" }] }, keys["owen"], ORG));
  const make = async (name: string, server_files: string[], range: Json) => {
    const task = idOf(await post("tasks", { name, project_id: project }, keys["owen"], ORG));
    const data = { image_quality: 70, cloud_storage_id: storage, server_files, ...range };
    expect(await cvat.done(await post(`tasks/${task}/data`, data, keys["owen"]))).toMatchObject({ status: "finished" });
  };
  await make("a film", ["clips/v1.mp4"], { start_frame: 10, stop_frame: 49, frame_filter: "step=5" });
  await make("by step", PICTURES, { start_frame: 1, frame_filter: "step=2", sorting_method: "predefined" });
  const seen = async (id: number) => {
    const metas: unknown[] = [];
    for (const task of await tasksOf(id)) {
      const meta = await get(`tasks/${String(task["id"])}/data/meta`);
      metas.push([task["name"], task["size"], (meta["frames"] as { name: string }[]).map(({ name }) => name)]);
    }
    return metas;
  };
  const parts = [
    ["by step", 2, [PICTURES[1], PICTURES[3]]],
    ["a film", 8, ["clips/v1.mp4"]],
  ].sort();
  expect(await seen(project)).toEqual(parts);
  const full = await bytesOf(project);
  expect((await filesIn(full)).filter(({ name }) => name.startsWith("task_1/data/pics/"))).toHaveLength(2);
  for (const zip of [full, await bytesOf(project, "location=local&lightweight=true")]) {
    const again = await restoredId(zip);
    expect(await seen(again)).toEqual(parts);
    // And once more of what was restored.
    expect(await seen(await restoredId(await bytesOf(again, "location=local&lightweight=true")))).toEqual(parts);
  }
});

behaves("third 3.5", async () => {
  const project = await restoredId(LIGHT);
  const [film, pictures] = await tasksOf(project);
  const frame = (task: Json | undefined, number = 3) =>
    call("GET", `tasks/${String(task?.["id"])}/data?type=frame&number=${number}`);
  expect(await frame(pictures)).toMatchObject({ status: 409, body: "Task is not connected to cloud storage" });
  expect((await frame(film)).status).toBe(200);
  const link = (cloud_storage_id: unknown) =>
    call("PATCH", `tasks/${String(pictures?.["id"])}/data/meta`, { body: { cloud_storage_id }, key: keys["mary"] });
  const foreign = await newStorage("backups", keys["mary"], { "X-Organization": "" });
  expect((await link(foreign)).status).toBe(403);
  expect((await link(null)).status).toBe(400);
  expect((await link(storage)).status).toBe(200);
  expect((await frame(pictures)).status).toBe(200);
  const own = String(pictures?.["id"]);
  const url = `${cvat.url}/api/tasks/${own}/data?type=frame&number=3`;
  expect(await fetched(url)).toEqual(cvat.s3.bodies["datasets/pics/a/im03.png"]);
});

behaves("third 3.6", async () => {
  const everything = () => {
    const { projects, tasks, jobs, labels, guides } = cvat.store.state;
    return [projects, tasks, jobs, labels, guides].map(({ length }) => length);
  };
  const before = everything();
  const reason = async (zip: Buffer, list = "projects") => {
    const request = await restored(zip, { list });
    expect(request["status"]).toBe("failed");
    return String(request["message"]).trimEnd();
  };
  expect(await reason(await without("task_0/data/pics/a/im04.jpg"))).toContain(
    "Incorrect file mapping to manifest content",
  );
  expect(await reason(await without("task_1/annotations.json"))).toBe(
    `KeyError: "There is no item named 'task_1/annotations.json' in the archive"`,
  );
  expect(await reason(await spoiled("task_0/annotations.json", (text) => text.replace('"roof"', '"rooof"')))).toBe(
    "KeyError: 'rooof'",
  );
  expect(await reason(FULL.subarray(0, FULL.length - 3000))).toBe("zipfile.BadZipFile: File is not a zip file");
  const spoiledPicture = Buffer.from(FULL);
  spoiledPicture.writeUInt8(0, FULL.indexOf("task_0/data/pics/a/im04.jpg") + 500);
  expect(await reason(spoiledPicture)).toBe("zipfile.BadZipFile: Bad CRC-32 for file 'task_0/data/pics/a/im04.jpg'");
  expect(await reason(FULL, "tasks")).toBe(`KeyError: "There is no item named 'task.json' in the archive"`);
  expect(await reason(await without("task_1/data/clips/v1.mp4", LIGHT))).toContain("No media data found");
  expect(await reason(await without("task_0/data/manifest.jsonl", LIGHT))).toContain(
    "Expected manifest.jsonl in backup files",
  );
  expect(everything()).toEqual(before);
  const moved = await restoredId(await spoiled("task_0/annotations.json", (text) => text.replace("100.75", "100.85")));
  const digestsThen = await digests(moved);
  expect(digestsThen.filter((one, at) => JSON.stringify(one) !== JSON.stringify(digestsOfRecord()[at]))).toEqual([
    ["pics", 0, 9, 2, 13, 0, expect.not.stringMatching(/^2a9073d17400a4a3$/)],
  ]);
});

behaves("third 3.7", async () => {
  const owner = keys["stranger"];
  const scratch = idOf(await post("organizations", { slug: "scratch" }, owner));
  const inScratch = { "X-Organization": "scratch" };
  const from = await newStorage("datasets", owner, inScratch);
  const { project, task } = await newProject(owner, inScratch, from);
  expect((await call("DELETE", `organizations/${scratch}`, { key: owner })).status).toBe(204);
  expect(await get(`projects/${project}`, owner)).toMatchObject({
    organization: null,
    owner: { username: "stranger" },
  });
  expect((await call("GET", `tasks/${task}/data?type=frame&number=0`, { key: owner })).status).toBe(200);
  expect((await call("GET", "projects", { key: owner, headers: inScratch })).status).toBe(404);
  expect((await call("DELETE", `projects/${project}`, { key: owner })).status).toBe(204);
  expect((await call("GET", `tasks/${task}`, { key: owner })).status).toBe(404);
});

behaves("third 3.9", async () => {
  const { project } = await newProject();
  await cvat.order({ workers: { export: "dies" } });
  const answer = await backUp(project);
  const { rq_id } = answer.body as { rq_id: string };
  const status = async () => (await get(`requests/${rq_id}`))["status"];
  while ((await status()) === "queued") await new Promise((resolve) => setTimeout(resolve, 5));
  await cvat.order({ pace: { queuedMs: 1, startedMs: 1 } });
  expect(await status()).toBe("started");
  expect(await backUp(project)).toMatchObject({ status: 409, body: { rq_id } });
  expect((await post(`requests/${rq_id}/cancel`)).status).toBe(400);
  await cvat.order({ abandoned: true, pace: { queuedMs: 1, startedMs: 1 } });
  expect(await get(`requests/${rq_id}`)).toMatchObject({
    status: "failed",
    message: "Moved to FailedJobRegistry, due to AbandonedJobError",
  });
  expect((await filesIn(await bytesOf(project))).length).toBe(8);
});

behaves("rest 3.14", async () => {
  const own = await newStorage("datasets", keys["owen"], ORG);
  const { project } = await newProject(keys["owen"], ORG, own);
  await call("DELETE", `cloudstorages/${own}`);
  expect(await cvat.done(await backUp(project))).toMatchObject({
    status: "failed",
    message: expect.stringContaining("CloudStorageMissingError: Task is not connected to cloud storage") as string,
  });
});

behaves("rest 6.1", async () => {
  const { project, task } = await newProject();
  const bucket = `location=cloud_storage&cloud_storage_id=${storage}`;
  const answer = await backUp(project, `${bucket}&filename=bk/sub/noext`);
  expect(answer.body).toEqual({
    rq_id: `action=export&target=project&target_id=${project}&user_id=1&subresource=backup`,
  });
  put("datasets", "bk/sub/noext", Buffer.from("older"));
  expect(await cvat.done(answer)).toMatchObject({ result_url: null, operation: { type: "export:backup" } });
  expect(await filesIn(cvat.s3.bodies["datasets/bk/sub/noext"] as Buffer)).not.toHaveLength(0);
  const light = await backUp(project, `${bucket}&lightweight=true`);
  expect((light.body as { rq_id: string }).rq_id).toMatch(/&subresource=backup&lightweight=True$/);
  expect(await cvat.done(light)).toMatchObject({ operation: { lightweight: true } });
  const stamp = String((await get(`projects/${project}`))["updated_date"])
    .slice(0, 19)
    .replace(/[-T:]/g, "_");
  const keys = cvat.s3.buckets["datasets"] ?? [];
  expect(keys).toContain(`project_road ünder / x_backup-lightweight_${stamp}.zip`);
  await cvat.done(await post(`tasks/${task}/backup/export?${bucket}`));
  expect(keys.filter((key) => /^task_pics_backup_\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.zip$/.test(key))).toHaveLength(1);
});

behaves("rest 6.2", async () => {
  const { project } = await newProject();
  const request = await cvat.done(await backUp(project, "filename=mine.zip"));
  const url = String(request["result_url"]);
  expect(url).toBe(
    `${cvat.url}/api/projects/${project}/backup/download?rq_id=${encodeURIComponent(String(request["id"]))}`,
  );
  const headers = { Authorization: `Token ${await cvat.key()}`, Range: "bytes=0-9" };
  for (let time = 0; time < 2; time++) {
    const response = await fetch(url, { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/zip");
    expect(response.headers.get("content-disposition")).toContain('filename="mine.zip"');
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(10_000);
  }
  expect((await fetch(url, { method: "HEAD", headers })).status).toBe(500);
  const place = `projects/${project}/backup/download`;
  expect((await call("GET", place)).status).toBe(400);
  expect((await call("GET", `${place}?rq_id=bogus`)).status).toBe(400);
});

behaves("rest 6.4", async () => {
  const { project, task } = await newProject();
  const target_storage = { location: "cloud_storage", cloud_storage_id: storage };
  await call("PATCH", `projects/${project}`, { body: { target_storage } });
  expect(await cvat.done(await backUp(project, "filename=by-target.zip"))).toMatchObject({ result_url: null });
  expect(cvat.s3.buckets["datasets"]).toContain("by-target.zip");
  expect((await cvat.done(await post(`tasks/${task}/backup/export`)))["result_url"]).toContain("/backup/download?");
  await call("PATCH", `tasks/${task}`, { body: { target_storage } });
  expect(await cvat.done(await post(`tasks/${task}/backup/export`))).toMatchObject({ result_url: null });
});

behaves("rest 6.5", async () => {
  const { project, task } = await newProject();
  const status = async (query: string) => (await backUp(project, query)).status;
  expect(await status("location=cloud_storage")).toBe(500);
  expect(await status("location=bogus")).toBe(500);
  expect(await status("lightweight=maybe")).toBe(500);
  expect(await status("location=cloud_storage&cloud_storage_id=999")).toBe(400);
  const empty = idOf(await post("tasks", { name: "empty", labels: [{ name: "car" }] }));
  expect(await post(`tasks/${empty}/backup/export`)).toMatchObject({
    status: 400,
    body: ["Backup of a task without data is not allowed"],
  });
  expect((await backUp(9999)).status).toBe(404);
  expect((await call("GET", `projects/${project}/backup/export`)).status).toBe(405);
  expect((await post(`tasks/${task}/backup`)).status).toBe(405);
  expect(await call("GET", `tasks/${task}/backup`)).toMatchObject({
    status: 410,
    body: expect.stringContaining("use POST /api/tasks/id/backup/export") as string,
  });
  await cvat.order({ workers: { export: "down" } });
  const first = await backUp(project, "filename=one.zip");
  expect(await backUp(project, "filename=two.zip")).toMatchObject({ status: 409, body: first.body });
  await cvat.order({ pace: { queuedMs: 1, startedMs: 1 } });
  await cvat.done(first);
});

behaves("rest 6.7", async () => {
  const { task } = await newProject();
  const request = await cvat.done(await post(`tasks/${task}/backup/export?location=local`));
  const zip = await fetched(String(request["result_url"]));
  const [one, other] = [await restored(zip, { list: "tasks" }), await restored(zip, { list: "tasks" })];
  expect(one["result_id"]).not.toBe(other["result_id"]);
  expect(String(one["id"])).toMatch(/^action=import&target=task&id=[0-9a-f-]{36}&subresource=backup$/);
  expect(await get(`tasks/${String(one["result_id"])}`)).toMatchObject({
    ...{ name: "pics", project_id: null, organization: idOfLab(), size: 4, target_storage: null },
  });
  expect(await resultsOf(`labels?task_id=${String(one["result_id"])}`)).toMatchObject([{ name: "car" }]);
});

behaves("rest 6.9", async () => {
  const { project } = await newProject();
  idOf(await post("tasks", { name: "never", project_id: project }, keys["owen"], ORG));
  expect((await filesIn(await bytesOf(project))).some(({ name }) => name.startsWith("task_1/"))).toBe(false);
  const bad = idOf(await post("tasks", { name: "bad", project_id: project }, keys["owen"], ORG));
  const data = { image_quality: 70, cloud_storage_id: storage, server_files: ["pics/absent.jpg"] };
  expect(await cvat.done(await post(`tasks/${bad}/data`, data, keys["owen"]))).toMatchObject({ status: "failed" });
  const failed = await cvat.done(await backUp(project));
  expect(failed).toMatchObject({
    status: "failed",
    message: expect.stringContaining("manifest file not exists") as string,
  });
  expect(await cvat.done(await backUp(project, "lightweight=true"))).toMatchObject({
    status: "failed",
    message: expect.stringContaining("FileNotFoundError") as string,
  });
  await call("DELETE", `tasks/${bad}`);
  expect(await filesIn(await bytesOf(project))).not.toHaveLength(0);
});

behaves("rest 6.10", async () => {
  const query = `location=cloud_storage&cloud_storage_id=${storage}`;
  const ask = (more: string) => post(`projects/backup?${more}`, {}, keys["mary"], ORG);
  expect(await cvat.done(await ask(`${query}&filename=absent.zip`))).toMatchObject({
    status: "failed",
    message: expect.stringContaining("NotFound: The file 'absent.zip' not found on the cloud storage") as string,
  });
  const foreign = zipped([{ name: "x.txt", bytes: Buffer.from("x") }]);
  expect((await restored(foreign))["message"]).toBe(
    `KeyError: "There is no item named 'project.json' in the archive"\n`,
  );
  expect(await ask(query)).toMatchObject({ status: 400, body: ["The filename was not specified"] });
  expect(await ask("location=cloud_storage&filename=x")).toMatchObject({ status: 400 });
  expect((await ask("")).status).toBe(400);
});

behaves("recorded counts", async () => {
  for (const zip of [FULL, LIGHT]) {
    const project = await restoredId(zip);
    expect(digestsOfRecord()).toHaveLength(4);
    expect(await digests(project)).toEqual(digestsOfRecord());
    const [film, pictures] = await tasksOf(project);
    expect(film).toMatchObject({ name: "clip", subset: "Validation", size: 60, mode: "interpolation" });
    expect(pictures).toMatchObject({
      ...{ name: "pics", subset: "Train", size: 30, segment_size: 10, image_quality: 70, data_chunk_size: 72 },
      ...{ bug_tracker: "https://example.test/1", mode: "annotation" },
    });
    expect(await get(`tasks/${String(pictures?.["id"])}/data/meta`)).toMatchObject({ deleted_frames: [29] });
    const guide = (await get(`projects/${project}`))["guide_id"];
    expect(await get(`guides/${String(guide)}`)).toMatchObject({ markdown: "# draw boxes" });
    const labels = (await resultsOf(`labels?project_id=${project}`)).reverse();
    expect(labels).toMatchObject([
      { name: "car", color: "#ff0000", attributes: [{ name: "color" }, { name: "parked" }] },
      { name: "roof", type: "polygon" },
      { name: "bad", type: "tag" },
      { name: "person", type: "skeleton", sublabels: [{ name: "head" }, { name: "foot" }] },
    ]);
    const [head] = labels[3]?.["sublabels"] as { id: number }[];
    expect(labels[3]?.["svg"]).toContain(`data-label-id="${head?.id ?? 0}"`);
  }
});

behaves("recorded files", async () => {
  const [full, light] = [await restoredId(FULL), await restoredId(LIGHT)];
  const written = { full: await bytesOf(full), light: await bytesOf(light, "lightweight=true") };
  for (const [kind, recordedZip] of [
    ["full", FULL],
    ["light", LIGHT],
  ] as const) {
    const [mine, theirs] = [await filesIn(written[kind]), await filesIn(recordedZip)];
    expect(mine.map(({ name }) => name)).toEqual(theirs.map(({ name }) => name));
    for (const [at, { name, bytes }] of theirs.entries()) {
      const own = mine[at]?.bytes ?? Buffer.alloc(0);
      if (!name.endsWith(".json")) expect(own.equals(bytes), name).toBe(true);
      else
        expect(JSON.parse(own.toString("utf8")), name).toEqual(
          expectedOf(kind, name, JSON.parse(bytes.toString("utf8")) as Json),
        );
    }
  }
});

/**
 * What CVAT's own would say of what was restored: its pictures are its own then, so that it writes the range of them, as it did of those that it had
 * left in their bucket. (_write_data and serialize_data in engine/backup.py)
 */
function expectedOf(kind: "full" | "light", name: string, recorded: Json): Json {
  if (kind === "light" || name !== "task_0/task.json") return recorded;
  return { ...recorded, data: { ...(recorded["data"] as Json), start_frame: 0, stop_frame: 29 } };
}

behaves("engine/views.py", async () => {
  const { project, label } = await newProject();
  const date = async () => String((await get(`projects/${project}`))["updated_date"]);
  const guide = idOf(await post("guides", { project_id: project, markdown: "# one" }));
  const moves: [string, string, unknown?][] = [
    ["PATCH", `guides/${guide}`, { markdown: "# two" }],
    ["DELETE", `guides/${guide}`],
    ["PATCH", `labels/${label}`, { name: "van" }],
    ["POST", "tasks", { name: "more", project_id: project }],
  ];
  for (const [method, path, body] of moves) {
    const before = await date();
    expect((await call(method, path, body === undefined ? {} : { body })).status).toBeLessThan(300);
    expect((await date()) > before, `${method} ${path}`).toBe(true);
  }
  expect(await post("guides", { markdown: "x" })).toMatchObject({ status: 400 });
  expect((await post("guides", { project_id: project, markdown: "x" }, keys["stranger"])).status).toBe(403);
});

behaves("engine/serializers.py", async () => {
  const { project, task } = await newProject();
  const [job] = await jobsOf(task);
  const issue = { job: job?.["id"], frame: 1, position: [10.5, 20], message: "too small" };
  expect(await post("issues", { ...issue, position: [] }, keys["owen"])).toMatchObject({ status: 400 });
  expect((await post("issues", issue, keys["stranger"])).status).toBe(403);
  const made = await post("issues", issue, keys["owen"]);
  expect(made).toMatchObject({
    status: 201,
    body: { frame: 1, position: [10.5, 20], owner: { username: "owen" }, resolved: false, comments: { count: 1 } },
  });
  await post("comments", { issue: idOf(made), message: "so it is" }, keys["mary"]);
  expect(await resultsOf(`comments?issue_id=${idOf(made)}`)).toMatchObject([
    { message: "so it is", owner: { username: "mary" } },
    { message: "too small" },
  ]);
  await call("PATCH", `issues/${idOf(made)}`, { body: { resolved: true, frame: 7 } });
  expect(await resultsOf(`issues?job_id=${String(job?.["id"])}`)).toMatchObject([{ resolved: true, frame: 1 }]);
  expect(await get(`jobs/${String(job?.["id"])}`)).toMatchObject({ issues: { count: 1 } });
  await call("DELETE", `projects/${project}`);
  expect((await call("GET", `issues/${idOf(made)}`)).status).toBe(404);
  expect(cvat.store.state.comments.filter(({ issue: of }) => of === idOf(made))).toEqual([]);
});

andAll();
