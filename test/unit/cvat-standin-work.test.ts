import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WORK_BEHAVIOURS } from "../../automation/rehearsal/services/cvat/behaviours-work.ts";
import { behaviours } from "../fixtures/cvat/behaves.ts";
import { soundModel } from "../fixtures/cvat/models.ts";
import { closed } from "../fixtures/cvat/s3.ts";
import { ALICE, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";

const { behaves, andAll } = behaviours(WORK_BEHAVIOURS);
type Json = Record<string, unknown>;

let cvat: TestCvat;
let storage: number;
let dashboard: Server;
/** What the function answers with; it is told how often it was called before. */
let detector: (body: Json, calls: number) => unknown = () => [];
let calls = 0;

const SPEC = [
  { name: "car", type: "rectangle", attributes: [{ name: "color", input_type: "text", values: [] }] },
  { name: "cow", type: "rectangle" },
];

beforeAll(async () => {
  dashboard = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.url === "/api/functions/absent") return response.writeHead(404).end("{}");
      if (request.method === "GET") return response.writeHead(200).end(JSON.stringify(MODEL));
      const found = detector(JSON.parse(Buffer.concat(parts).toString("utf8")) as Json, calls++);
      if (found === "cut") return request.socket.destroy();
      return response.writeHead(found === "broken" ? 500 : 200).end(JSON.stringify(found));
    });
  });
  await new Promise<void>((resolve) => dashboard.listen(0, "127.0.0.1", resolve));
  cvat = await startCvat({ nuclio: `http://127.0.0.1:${(dashboard.address() as AddressInfo).port}` });
  cvat.s3.buckets = { datasets: Array.from({ length: 30 }, (_, at) => `a/${String(at).padStart(2, "0")}.png`) };
  storage = idOf(await post("cloudstorages", storageBody()));
});
afterAll(async () => {
  await cvat.end();
  await closed(dashboard);
});

const sound = soundModel({ name: "Detector" });
const MODEL = {
  ...sound,
  metadata: {
    ...sound.metadata,
    annotations: { ...sound.metadata.annotations, type: "detector", spec: JSON.stringify(SPEC) },
  },
};

const post = (path: string, body?: unknown, key?: string) => cvat.call("POST", path, { body, ...(key && { key }) });
const patch = (path: string, body: unknown, key?: string) => cvat.call("PATCH", path, { body, ...(key && { key }) });
const get = async (path: string) => (await cvat.call("GET", path)).body as Json;
const results = async (path: string) => (await get(path))["results"] as Json[];
const idOf = ({ body }: { body: unknown }) => (body as { id: number }).id;
const aliceId = async () => Number((await results("users?username=alice"))[0]?.["id"]);

const LABELS = [
  {
    name: "car",
    attributes: [{ name: "color", mutable: false, input_type: "text", default_value: "none", values: [] }],
  },
  { name: "person" },
  { name: "outline", type: "polygon" },
];
async function newTask(changes: Json = {}, files = ["a/"], data: Json = {}) {
  const id = idOf(await post("tasks", { name: "t", labels: LABELS, ...changes }));
  await cvat.done(
    await post(`tasks/${id}/data`, { image_quality: 70, cloud_storage_id: storage, server_files: files, ...data }),
  );
  return id;
}
const jobsOf = async (task: number) =>
  (await results(`jobs?task_id=${task}&page_size=100`)).map((job) => Number(job["id"])).reverse();
const shapesOf = async (task: number) => (await get(`tasks/${task}/annotations`))["shapes"] as Json[];
const labelId = async (task: number, name: string) =>
  Number((await results(`labels?task_id=${task}`)).find((label) => label["name"] === name)?.["id"]);

behaves("third 2.2", async () => {
  const key = await cvat.key(ALICE);
  const made = await post("auth/access_tokens", { name: "a", read_only: false, expiry_date: "2099-01-01" }, key);
  const { id, value } = made.body as { id: number; value: string };
  const path = `auth/access_tokens/${id}`;
  const status = async (method: string, headers?: Record<string, string>, body?: unknown) =>
    (
      await cvat.call(method, path, {
        ...(headers ? { headers, key: null } : { key }),
        ...(body !== undefined && { body }),
      })
    ).status;
  const bearer = { Authorization: `Bearer ${value}` };
  expect(await status("GET")).toBe(200);
  expect((await cvat.call("GET", path)).status).toBe(200);
  expect(await status("GET", bearer)).toBe(200);
  expect([await status("PATCH", bearer, { name: "b" }), await status("DELETE", bearer)]).toEqual([403, 403]);
  expect(
    (await cvat.call("POST", "auth/access_tokens", { body: { name: "c" }, headers: bearer, key: null })).status,
  ).toBe(403);
  expect((await patch(path, { name: "b", read_only: true }, key)).body).toMatchObject({ name: "b", read_only: true });
  expect(await status("PUT", undefined, { name: "x" })).toBe(405);
  await patch(path, { expiry_date: "2020-01-01" }, key);
  expect([await status("GET"), await status("DELETE"), (await cvat.call("GET", path)).status]).toEqual([404, 404, 404]);
  expect((await cvat.call("GET", "auth/access_tokens?name=b", { key })).body).toMatchObject({ count: 0 });
});

behaves("third 2.5", async () => {
  const target_storage = { location: "cloud_storage", cloud_storage_id: storage };
  const task = await newTask({ target_storage }, ["a/00.png"]);
  const made = await post("auth/access_tokens", { name: "look" });
  const headers = { Authorization: `Bearer ${(made.body as { value: string }).value}` };
  const path = (query: string) => `tasks/${task}/dataset/export?format=CVAT+for+images+1.1${query}`;
  const exported = (query: string) => cvat.call("POST", path(query), { headers, key: null });
  expect([(await exported("")).status, (await exported("&location=local")).status]).toEqual([403, 202]);
  expect((await cvat.call("POST", "lambda/requests", { headers, key: null, body: {} })).status).toBe(403);
});

behaves("third 2.6", async () => {
  const made = await post("auth/access_tokens", { name: "rw", read_only: false });
  const as = { headers: { Authorization: `Bearer ${(made.body as { value: string }).value}` }, key: null };
  const user = `users/${await aliceId()}`;
  expect((await cvat.call("PATCH", user, { ...as, body: { is_active: true } })).status).toBe(403);
  expect((await patch(user, { is_active: true })).status).toBe(200);
  expect((await cvat.call("POST", "auth/password/change", { ...as, body: {} })).status).toBe(401);
});

behaves("rest 1.9", async () => {
  const key = await cvat.key(ALICE);
  const statuses: number[] = [];
  while (statuses.at(-1) !== 400) statuses.push((await post("auth/access_tokens", { name: "n" }, key)).status);
  const listed = await cvat.call("GET", "auth/access_tokens", { key });
  expect(listed.body).toMatchObject({ count: 50 });
});

behaves("third 3.2", async () => {
  const project_id = idOf(await post("projects", { name: "p", labels: LABELS }));
  const task = await newTask({ project_id, labels: undefined }, ["a/00.png"]);
  const dates = async () => [
    (await get(`tasks/${task}`))["updated_date"],
    (await get(`projects/${project_id}`))["updated_date"],
  ];
  const before = await dates();
  await patch(`projects/${project_id}`, { name: "p" });
  await patch(`jobs/${(await jobsOf(task))[0] ?? 0}`, { state: "completed" });
  expect(await dates()).toEqual(before);
  await patch(`tasks/${task}`, { name: "t" });
  const [taskDate, projectDate] = await dates();
  expect(taskDate).toBe(before[0]);
  expect(projectDate).not.toBe(before[1]);
  await cvat.call("PUT", `tasks/${task}/annotations`, { body: {} });
  expect((await dates())[0]).not.toBe(taskDate);
});

behaves("third 6.1", async () => {
  const task = await newTask({}, ["a/00.png"]);
  const alice = await aliceId();
  expect((await patch(`tasks/${task}`, { assignee_id: alice })).body).toMatchObject({
    assignee: { username: "alice" },
  });
  expect((await patch(`tasks/${task}`, { assignee: alice })).status).toBe(403);
  expect((await patch(`tasks/${task}`, { assignee_id: "alice" })).status).toBe(500);
  expect((await patch(`tasks/${task}`, { assignee_id: null })).body).toMatchObject({ assignee: null });
  await post("organizations", { slug: "strangers" });
  const inside = await cvat.call("POST", "tasks", {
    body: { name: "t", labels: LABELS },
    headers: { "X-Organization": "strangers" },
  });
  const id = idOf(inside);
  await cvat.done(
    await post(`tasks/${id}/data`, { image_quality: 70, cloud_storage_id: storage, server_files: ["a/00.png"] }),
  );
  const [job = 0] = await jobsOf(id);
  expect((await patch(`jobs/${job}`, { assignee: alice })).status).toBe(200);
  const key = await cvat.key(ALICE);
  expect((await cvat.call("GET", "jobs?assignee=alice", { key })).body).toMatchObject({ count: 1 });
  expect((await cvat.call("GET", `jobs/${job}`, { key })).status).toBe(403);
});

behaves("third 6.2", async () => {
  const task = await newTask({ segment_size: 10 });
  const [first = 0, second = 0] = await jobsOf(task);
  await patch(`jobs/${first}`, { stage: "acceptance", state: "completed" });
  await patch(`jobs/${second}`, { stage: "validation" });
  expect(await get(`tasks/${task}`)).toMatchObject({ jobs: { count: 3, completed: 1, validation: 1 } });
  expect(await patch(`jobs/${second}`, { state: "done" })).toMatchObject({
    status: 400,
    body: { state: ['"done" is not a valid choice.'] },
  });
  expect((await patch(`jobs/${second}`, { stage: "annotation", state: "done" })).status).toBe(400);
  expect(await get(`jobs/${second}`)).toMatchObject({ stage: "validation", state: "new" });
});

behaves("third 6.3", async () => {
  const task = await newTask({}, ["a/00.png"]);
  const [job = 0] = await jobsOf(task);
  const key = await cvat.key(ALICE);
  await patch(`jobs/${job}`, { assignee: await aliceId() });
  expect((await patch(`jobs/${job}`, { state: "in progress" }, key)).status).toBe(200);
  expect((await patch(`jobs/${job}`, { stage: "validation" }, key)).status).toBe(403);
  expect((await cvat.call("GET", `tasks/${task}`, { key })).status).toBe(403);
  await patch(`tasks/${task}`, { assignee_id: await aliceId() });
  expect((await patch(`jobs/${job}`, { stage: "validation" }, key)).status).toBe(200);
});

behaves("third 6.4", async () => {
  const project_id = idOf(await post("projects", { name: "by name", labels: LABELS }));
  const task = await newTask({ segment_size: 10, project_id, labels: undefined });
  const [first = 0] = await jobsOf(task);
  await patch(`jobs/${first}`, { assignee: await aliceId(), state: "rejected" });
  const count = async (query: string) => (await get(`jobs?task_id=${task}&${query}`))["count"];
  expect(await count("assignee=alice")).toBe(1);
  expect(await count(`assignee=${await aliceId()}`)).toBe(0);
  expect(await count("state=rejected&stage=annotation&type=annotation")).toBe(1);
  expect(await count("project_name=by+name")).toBe(3);
  expect(await count(`filter=${encodeURIComponent('{"!":{"var":"assignee"}}')}`)).toBe(2);
});

const truthOf = (task_id: number, changes: Json) =>
  post("jobs", { type: "ground_truth", task_id, frame_selection_method: "random_uniform", ...changes });

behaves("third 6.5", async () => {
  const task = await newTask();
  expect((await post("jobs", { type: "ground_truth", task_id: task, frame_count: 3 })).status).toBe(500);
  expect((await truthOf(task, { frame_count: 31 })).status).toBe(400);
  expect((await truthOf(task, { frame_selection_method: "manual", frames: [99] })).status).toBe(400);
  const made = await truthOf(task, { frame_share: 0.1, random_seed: 1 });
  expect(made).toMatchObject({ status: 201, body: { type: "ground_truth", frame_count: 3 } });
  expect((await truthOf(task, { frame_count: 3 })).status).toBe(400);
  const { validation_frames } = (await get(`tasks/${task}/validation_layout`)) as { validation_frames: number[] };
  expect(validation_frames).toHaveLength(3);
  const { frames } = (await get(`jobs/${idOf(made)}/data/meta`)) as { frames: { name: string }[] };
  expect(frames.filter(({ name }) => name === "placeholder.jpg")).toHaveLength(27);
  const [ordinary = 0] = await jobsOf(task);
  expect((await cvat.call("DELETE", `jobs/${ordinary}`)).status).toBe(400);
  expect((await cvat.call("DELETE", `jobs/${idOf(made)}`)).status).toBe(204);
  const manual = { mode: "gt", frame_selection_method: "manual", frames: ["a/03.png", "a/01.png"] };
  const withData = await newTask({}, ["a/"], { validation_params: manual });
  expect(await get(`tasks/${withData}/validation_layout`)).toMatchObject({ mode: "gt", validation_frames: [1, 3] });
  const pool = await newTask({}, ["a/"], { validation_params: { mode: "gt_pool" } });
  expect(await get(`requests/action=create&target=task&target_id=${pool}`)).toMatchObject({ status: "failed" });
});

behaves("third 6.6", async () => {
  const task = await newTask();
  const label_id = await labelId(task, "car");
  const truth = idOf(await truthOf(task, { frame_selection_method: "manual", frames: [0, 1, 2] }));
  const report = () => post("quality/reports", { task_id: task });
  expect(await report()).toMatchObject({
    status: 400,
    body: ["Quality reports require a Ground Truth job in the task at the acceptance stage and in the completed state"],
  });
  const box = (frame: number, left: number) => ({
    type: "rectangle",
    frame,
    label_id,
    points: [left, 0, left + 20, 20],
  });
  await cvat.call("PUT", `jobs/${truth}/annotations`, { body: { shapes: [box(0, 0), box(1, 0), box(2, 0)] } });
  await cvat.call("PUT", `tasks/${task}/annotations`, { body: { shapes: [box(0, 0), box(1, 0), box(2, 40)] } });
  await patch(`jobs/${truth}`, { stage: "acceptance", state: "completed" });
  const request = await cvat.done(await report());
  expect(request).toMatchObject({ status: "finished", operation: { type: "calculate:quality" } });
  const [found] = await results(`quality/reports?task_id=${task}&target=task`);
  expect(found).toMatchObject({
    id: request["result_id"],
    summary: {
      accuracy: 0.5,
      precision: 2 / 3,
      recall: 2 / 3,
      valid_count: 2,
      ds_count: 3,
      gt_count: 3,
      conflict_count: 2,
    },
  });
  const conflicts = await results(`quality/conflicts?report_id=${Number(found?.["id"])}`);
  expect(conflicts.map(({ frame, type }) => [frame, type]).sort()).toEqual([
    [2, "extra_annotation"],
    [2, "missing_annotation"],
  ]);
  expect(await results(`quality/reports?task_id=${task}&target=job`)).toHaveLength(1);
  const [settings] = await results(`quality/settings?task_id=${task}`);
  const change = (body: Json) => patch(`quality/settings/${Number(settings?.["id"])}`, body);
  expect((await change({ iou_threshold: 1.5 })).status).toBe(400);
  expect((await change({ iou_threshold: 0.9, target_metric: "recall" })).body).toMatchObject({ iou_threshold: 0.9 });
  await cvat.order({ workers: { quality_reports: "down" } });
  expect([(await report()).status, (await report()).status]).toEqual([202, 409]);
  await cvat.order({});
});

const CAR = { label: "car", type: "rectangle", points: [1, 2, 30, 40], attributes: [{ name: "color", value: "red" }] };

behaves("third 7.1", async () => {
  const task = await newTask();
  const once = (body: Json) => post("lambda/functions/det", { task, ...body });
  detector = () => [CAR];
  expect(await once({ frame: 0 })).toMatchObject({
    status: 200,
    body: { shapes: [{ type: "rectangle", source: "auto", points: [1, 2, 30, 40], attributes: [{ value: "red" }] }] },
  });
  expect(await shapesOf(task)).toEqual([]);
  expect((await once({})).status).toBe(400);
  expect((await once({ frame: 99 })).status).toBe(400);
  expect((await post("lambda/functions/absent", { task, frame: 0 })).status).toBe(404);
  detector = () => ({});
  expect(await once({ frame: 0 })).toMatchObject({ status: 500, type: "text/html; charset=utf-8" });
  detector = () => "cut";
  expect((await once({ frame: 0 })).status).toBe(503);
});

behaves("third 7.2", async () => {
  const task = await newTask();
  const told: Json[] = [];
  detector = (body) => {
    told.push(body);
    return [CAR, { ...CAR, label: "cow" }, { ...CAR, label: "unknown" }];
  };
  const once = async (changes: Json) => post("lambda/functions/det", { task, frame: 0, ...changes });
  const shapes = async (changes: Json) => ((await once(changes)).body as { shapes: Json[] }).shapes;
  expect(await shapes({ threshold: "high" })).toHaveLength(1);
  expect(told[0]?.["threshold"]).toBe("high");
  expect(await shapes({ mapping: { car: { name: "car" } } })).toMatchObject([{ attributes: [] }]);
  expect(await shapes({ mapping: { cow: { name: "person" } } })).toHaveLength(1);
  const problem = async (mapping: unknown) => (await once({ mapping })).body;
  expect(await problem({ nope: { name: "car" } })).toEqual(['Invalid mapping. Unknown model label "nope"']);
  expect(await problem({ car: { name: "nope" } })).toEqual(['Invalid mapping. Unknown db label "nope"']);
  expect(await problem({ car: { name: "car", attributes: { color: "nope" } } })).toEqual([
    'Invalid mapping. Unknown db attribute "nope"',
  ]);
  expect((await once({ mapping: { car: "person" } })).status).toBe(500);
  detector = () => [{ ...CAR, type: "skeleton" }];
  expect(await shapes({})).toEqual([]);
});

const run = (task: number, changes: Json = {}, key?: string) =>
  post("lambda/requests", { function: "det", task, ...changes }, key);
const runPath = (task: number) =>
  `lambda/requests/${encodeURIComponent(`action=autoannotate&target=task&target_id=${task}`)}`;
const ended = async (task: number) => {
  await expect
    .poll(async () => (await get(runPath(task)))["ended"] ?? null, { interval: 10, timeout: 20_000 })
    .not.toBeNull();
  return get(runPath(task));
};

behaves("third 7.3", async () => {
  const task = await newTask({ segment_size: 10 });
  const [, second = 0] = await jobsOf(task);
  detector = () => [CAR];
  expect((await run(task, { task: undefined, job: second })).status).toBe(400);
  await cvat.order({ workers: { annotation: "down" } });
  expect(await run(task)).toMatchObject({ status: 200, body: { status: "queued", progress: null, exc_info: null } });
  expect(await run(task, { job: second })).toMatchObject({
    status: 409,
    body: `Only one running request is allowed for the same task #${task}`,
  });
  expect(Array.isArray(await get("lambda/requests"))).toBe(true);
  expect((await results(`requests?task_id=${task}`)).map(({ id }) => id)).not.toContain(
    expect.stringContaining("autoannotate"),
  );
  await cvat.order({});
  expect(await ended(task)).toMatchObject({ status: "finished", progress: 100 });
  await run(task, { job: second });
  expect(await ended(task)).toMatchObject({ status: "finished", progress: 66 });
  expect(await shapesOf(task)).toHaveLength(40);
  expect((await cvat.call("GET", "lambda/requests", { key: await cvat.key(ALICE) })).body).toEqual([]);
});

behaves("third 7.4", async () => {
  const task = await newTask();
  detector = () => [CAR];
  expect((await run(task, { mapping: { nope: { name: "car" } } })).status).toBe(200);
  const failed = await ended(task);
  expect(failed).toMatchObject({ status: "failed" });
  const reason = String(failed["exc_info"]).trim().split("\n").at(-1);
  expect(reason).toContain('Invalid mapping. Unknown model label "nope"');
  await cvat.order({ workers: { annotation: "down" } });
  expect((await run(task)).body).toMatchObject({ status: "queued", exc_info: failed["exc_info"] });
  await cvat.order({});
  expect(await ended(task)).toMatchObject({ status: "finished", exc_info: null });
  const empty = idOf(await post("tasks", { name: "t", labels: [{ name: "none" }] }));
  await run(empty);
  expect(await ended(empty)).toMatchObject({ status: "failed" });
  const foreign = await newTask({ labels: [{ name: "none" }] });
  await run(foreign);
  expect(await ended(foreign)).toMatchObject({ status: "finished" });
  expect(await shapesOf(foreign)).toEqual([]);
});

behaves("third 7.5", async () => {
  const task = await newTask({}, ["a/00.png", "a/01.png"]);
  detector = () => [CAR];
  for (const [changes, count] of [
    [{}, 2],
    [{}, 4],
    [{ cleanup: true }, 2],
  ] as const) {
    await run(task, changes);
    await ended(task);
    expect(await shapesOf(task)).toHaveLength(count);
  }
  detector = () => "broken";
  await run(task, { cleanup: true });
  expect(await ended(task)).toMatchObject({ status: "failed" });
  expect(await shapesOf(task)).toEqual([]);
  cvat.s3.buckets["datasets"]?.push(
    ...Array.from({ length: 130 }, (_, at) => `long/${String(at).padStart(3, "0")}.png`),
  );
  const long = await newTask({}, ["long/"]);
  const first = calls;
  detector = (_, count) => (count - first === 120 ? "broken" : [CAR]);
  await run(long);
  expect(await ended(long)).toMatchObject({ status: "failed" });
  expect((await shapesOf(long)).length).toBe(101);
});

behaves("third 7.6", async () => {
  const task = await newTask();
  let cancelled: Promise<unknown> | undefined;
  const first = calls;
  const key = await cvat.key(ALICE);
  detector = (_, count) => {
    if (count - first === 5) cancelled = cvat.call("DELETE", runPath(task), { key });
    return [CAR];
  };
  await run(task);
  const over = await ended(task);
  await cancelled;
  expect(over).toMatchObject({ status: "finished" });
  const { progress } = over as { progress: number };
  expect(progress).toBeGreaterThan(15);
  expect(progress).toBeLessThan(100);
  expect((await shapesOf(task)).length).toBeGreaterThan(4);
  expect((await cvat.call("GET", runPath(task), { key })).status).toBe(200);
});

behaves("third 7.7", async () => {
  const task = await newTask();
  detector = () => [CAR];
  await cvat.order({ workers: { annotation: "dies" } });
  await run(task);
  await expect.poll(async () => (await get(runPath(task)))["status"]).toBe("started");
  await cvat.order({});
  expect((await run(task)).status).toBe(409);
  expect((await cvat.call("DELETE", runPath(task))).status).toBe(204);
  expect((await run(task)).status).toBe(200);
  expect(await ended(task)).toMatchObject({ status: "finished" });
});

behaves("measured reasons", async () => {
  const task = await newTask({}, ["a/00.png"]);
  detector = () => "broken";
  await run(task);
  const reason = String((await ended(task))["exc_info"])
    .trim()
    .split("\n")
    .at(-1);
  expect(reason).toMatch(
    /^requests\.exceptions\.HTTPError: 500 Server Error: .* for url: .*\/api\/function_invocations$/,
  );
});

behaves("recorded events", async () => {
  const key = await cvat.key(ALICE);
  const eventsOf = async (as?: string) => {
    const options = as === undefined ? {} : { key: as };
    const begun = await cvat.call("POST", "events/export", options);
    await cvat.done(begun);
    const { rq_id } = begun.body as { rq_id: string };
    const place = `events/download?rq_id=${encodeURIComponent(rq_id)}`;
    return { place, text: String((await cvat.call("GET", place, options)).body) };
  };
  await cvat.call("POST", "projects", { key, body: { name: "hers, with a comma" } });
  await cvat.call("POST", "projects", { body: { name: "the administrator's" } });
  const hers = await eventsOf(key);
  expect(hers.text).toMatch(/^scope,obj_name,obj_id,[^\r]*,access_token_id\r\n/);
  expect(hers.text).toContain('create:project,"hers, with a comma",');
  expect(hers.text).not.toContain("the administrator's");
  expect((await eventsOf()).text).toContain("hers, with a comma");
  const all = await eventsOf();
  expect((await cvat.call("GET", all.place, { key })).status).toBe(403);
});

behaves("third 8.3", async () => {
  const task = await newTask();
  const label_id = await labelId(task, "car");
  await cvat.call("PUT", `tasks/${task}/annotations`, {
    body: { shapes: [{ type: "rectangle", frame: 0, label_id, points: [0, 0, 1, 1] }] },
  });
  expect((await cvat.call("DELETE", `tasks/${task}`)).status).toBe(204);
  for (const path of [`tasks/${task}`, `tasks/${task}/annotations`, `tasks/${task}/data/meta`])
    expect((await cvat.call("GET", path)).status).toBe(404);
  expect(await results(`jobs?task_id=${task}`)).toEqual([]);
  expect((await cvat.call("DELETE", `tasks/${task}`)).status).toBe(404);
});

behaves("third 8.4", async () => {
  const task = await newTask({ name: "dated" }, ["a/00.png"]);
  const stored = cvat.store.state.tasks.find(({ id }) => id === task);
  Object.assign(stored ?? {}, { updated_date: "2026-01-15T12:00:00.000Z" });
  const found = async (logic: unknown, more = "") =>
    cvat.call("GET", `tasks?name=dated&filter=${encodeURIComponent(JSON.stringify(logic))}${more}`);
  const count = async (logic: unknown) => ((await found(logic)).body as Json)["count"];
  const date = { var: "updated_date" };
  expect(await count({ "<=": [date, "2026-01-15T16:50:00Z"] })).toBe(1);
  expect(await count({ "<=": [date, "2026-01-15"] })).toBe(0);
  expect(await count({ "<=": ["2026-01-01", date, "2026-02-01"] })).toBe(1);
  expect(await count({ and: [{ ">": [date, "2026-01-01"] }, { "==": [{ var: "subset" }, "x"] }] })).toBe(0);
  expect((await found({ "<=": [date, "yesterday"] })).status).toBe(500);
  for (const term of ["size", "created_date"])
    expect(await found({ "<=": [{ var: term }, 3] })).toMatchObject({
      status: 400,
      body: [`filter: term '${term}' is not supported`],
    });
  expect(await get("tasks?name=dated&updated_date__lte=2020-01-01")).toMatchObject({ count: 1 });
  const order = async (sort: string) => (await results(`tasks?page_size=500&sort=${sort}`)).map(({ id }) => id);
  expect((await order("updated_date"))[0]).toBe(task);
  expect(await order("size")).toEqual(await order(""));
});

it("goes wrong as ordered: by pattern, in the middle, too often asked, a request that fails", async () => {
  const task = await newTask({ segment_size: 10 });
  const jobs = await jobsOf(task);
  const all = async () => {
    const answers = [];
    for (const job of jobs) answers.push(await patch(`jobs/${job}`, { state: "completed" }));
    return answers;
  };
  await cvat.order({ faults: [{ call: "PATCH jobs/*", kind: "500", after: 1 }] });
  expect((await all()).map(({ status }) => status)).toEqual([200, 500, 200]);
  await cvat.order({ faults: [{ call: "PATCH jobs/*", kind: "429" }] });
  const [busy] = await all();
  expect([busy?.status, busy?.headers.get("retry-after")]).toEqual([429, "1"]);
  await cvat.order({ failures: { "export:annotations": "OSError: [Errno 28] No space left on device" } });
  const request = await post(`tasks/${task}/dataset/export?format=CVAT+for+images+1.1`);
  expect(await cvat.done(request)).toMatchObject({
    status: "failed",
    message: "OSError: [Errno 28] No space left on device\n",
  });
  expect(await cvat.done(await post(`tasks/${task}/dataset/export?format=CVAT+for+images+1.1`))).toMatchObject({
    status: "finished",
  });
  await cvat.order({});
});

andAll();
