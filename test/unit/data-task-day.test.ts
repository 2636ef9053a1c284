import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobsOf, membersNamed, projectNamed, storagesOf, taskNamed, tasksOf } from "../../automation/data/cvat/find.ts";
import type { CvatSpace } from "../../automation/data/cvat/space.ts";
import { ago } from "../../automation/data/tasks/age.ts";
import { assign, dealt, isChange, shares, type Deal } from "../../automation/data/tasks/assign.ts";
import { bytesText } from "../../automation/data/dataset/amounts.ts";
import { bytesOf, commonPrefix } from "../../automation/data/tasks/bytes.ts";
import { freedText, knownExport, losingWith, savedAs } from "../../automation/data/tasks/delete.ts";
import { listedTasks, listingText, withBytes } from "../../automation/data/tasks/ls.ts";
import { qualityOf } from "../../automation/data/tasks/quality.ts";
import { NOBODY, phaseOf, statusOf, statusText } from "../../automation/data/tasks/status.ts";
import { targetNamed } from "../../automation/data/tasks/target.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import type { Job, Project, Task } from "../../components/cvat/client/types.ts";
import { scriptedCvat, type Scripted } from "../fixtures/cvat/scripted.ts";
import { ADMIN, ALICE, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";
import { bucketOf } from "../fixtures/data/bucket.ts";

let cvat: TestCvat;
let space: CvatSpace;
let street: Project;
const keys = Array.from({ length: 30 }, (_, at) => `street/${String(at).padStart(2, "0")}.jpg`);

beforeAll(async () => {
  cvat = await startCvat();
  cvat.s3.buckets = { datasets: [...keys] };
  for (const key of keys) cvat.s3.bodies[`datasets/${key}`] = cvat.s3.bodies[`datasets/${key}`] ?? "";
  cvat.s3.bodies = {};
  const client = new CvatClient({ endpoint: cvat.url, ...ADMIN });
  space = { client, organization: "lab" };
  const make = <T>(path: string, body: Record<string, unknown>) => client.post<T>(path, body, { organization: "lab" });
  await client.post("organizations", { slug: "lab" });
  await make("invitations", { email: ALICE.email, role: "worker" });
  const { id: cloud_storage_id } = await make<{ id: number }>("cloudstorages", storageBody());
  street = await make<Project>("projects", { name: "street", labels: [{ name: "car" }] });
  const parts: [string, string[]][] = [
    ["street", keys.slice(0, 20)],
    ["street 10", keys.slice(20, 22)],
    ["street 2", keys.slice(22)],
  ];
  for (const [name, server_files] of parts) {
    const { id } = await make<{ id: number }>("tasks", { name, project_id: street.id, segment_size: 5 });
    const body = { image_quality: 70, cloud_storage_id, server_files };
    await cvat.done(await cvat.call("POST", `tasks/${id}/data`, { body }));
  }
  await make("tasks", { name: "half", project_id: street.id });
  await make("tasks", { name: "lone", labels: [{ name: "car" }] });
});
afterAll(() => cvat.end());

describe("task ls", () => {
  const listed = async (filters = {}) => listedTasks(await tasksOf(space), [street], filters);

  it("lists by project and name, with numbers in their order", async () => {
    expect((await listed()).map(({ name, state, frames, jobs }) => [name, state, frames, jobs])).toEqual([
      ["lone", "empty", 0, 0],
      ["half", "empty", 0, 0],
      ["street", "annotation", 20, 4],
      ["street 2", "annotation", 8, 2],
      ["street 10", "annotation", 2, 1],
    ]);
  });

  it("keeps those of a state, and those that have not changed for a while", async () => {
    expect((await listed({ state: "empty" })).map(({ name }) => name)).toEqual(["lone", "half"]);
    expect(await listed({ until: ago("1h") })).toEqual([]);
    expect(await listed({ until: ago("1h", Date.now() + 3_700_000) })).toHaveLength(5);
    expect([ago("30d", 0), ago("8w", 0)].map((one) => one.getTime() / -86_400_000)).toEqual([30, 56]);
    expect(() => ago("a month")).toThrow(/must be a span such as 12h, 30d or 8w/);
  });

  it("asks the bucket for sizes, and says what is gone from it and what is none of the lab's", async () => {
    const bucket = bucketOf(cvat.s3, "datasets");
    const [tasks, storages] = [await tasksOf(space), await storagesOf(space)];
    const of = async (name: string, open = () => Promise.resolve<typeof bucket | undefined>(bucket)) => {
      const [one] = (await listed()).filter((task) => task.name === name);
      const task = tasks.find((task) => task.name === name);
      if (!one || !task) throw new Error(name);
      return withBytes(space, one, task, storages, open);
    };
    expect(await of("street 2")).toMatchObject({ bytes: 8, missing: 0 });
    expect((await of("street 2", () => Promise.resolve(undefined))).bytes).toBeUndefined();
    expect(await bytesOf(bucket, [...keys, "street/gone.jpg"])).toEqual({ bytes: 30, missing: 1 });
    expect(await bytesOf(bucket, [keys[0] ?? "", "gone"])).toEqual({ bytes: 1, missing: 1 });
    expect([commonPrefix(["a/b1", "a/b2"]), commonPrefix([]), bytesText(999), bytesText(12_345_678)]).toEqual([
      "a/b",
      "",
      "999 B",
      "12.3 MB",
    ]);
    const text = listingText([await of("street 2"), { ...(await of("street")), missing: 3 }], true);
    expect(text).toContain("street: 3 of its files are not in the bucket any more.");
    expect(text.split("\n").at(-2)).toBe("2 tasks, 28 frames, 28 B in the bucket");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

const job = (id: number, changes: Partial<Job> = {}): Job => ({
  ...{ id, task_id: 1, project_id: 1, type: "annotation", assignee: null, state: "new", stage: "annotation" },
  ...{ start_frame: 10 * id, stop_frame: 10 * id + 9, frame_count: 10, updated_date: "" },
  ...changes,
});
const [ANNA, BEN, EVE] = ["anna", "ben", "eve"].map((username, index) => ({ id: index + 1, username })) as [
  { id: number; username: string },
  { id: number; username: string },
  { id: number; username: string },
];

describe("task assign", () => {
  const deal = (jobs: readonly Job[], changes: Partial<Deal> = {}) =>
    dealt(jobs, { people: [ANNA, BEN], by: "jobs", ...changes });
  const who = (jobs: readonly Job[], changes?: Partial<Deal>) =>
    deal(jobs, changes).map(({ job, person }) => `${job.id} ${person.username}`);

  it("deals as many jobs to each, and the same again", () => {
    const jobs = [1, 2, 3, 4, 5].map((id) => job(id));
    expect(who(jobs)).toEqual(["1 anna", "2 ben", "3 anna", "4 ben", "5 anna"]);
    const after = deal(jobs).map(({ job, person }) => ({ ...job, assignee: person }));
    expect(deal(after).filter(isChange)).toEqual([]);
    expect(shares(deal(jobs), [ANNA, BEN])).toBe("anna 3 jobs, 30 frames; ben 2 jobs, 20 frames");
  });

  it("or as many frames", () => {
    expect(who([job(1, { frame_count: 30 }), job(2), job(3), job(4), job(5)], { by: "frames" })).toEqual([
      "1 anna",
      "2 ben",
      "3 ben",
      "4 ben",
      "5 anna",
    ]);
  });

  it("leaves what is begun to who began it, what is accepted as it is, and ground truth alone", () => {
    const jobs = [
      job(1, { assignee: BEN, state: "in progress" }),
      job(2, { assignee: BEN, state: "completed" }),
      job(3, { assignee: EVE, state: "in progress" }),
      job(4),
      job(5, { assignee: EVE, stage: "acceptance", state: "completed" }),
      job(6, { type: "ground_truth" }),
    ];
    expect(who(jobs)).toEqual(["1 ben", "2 ben", "3 anna", "4 anna"]);
  });

  it("sends stage and state together, since a stage alone puts the state back", () => {
    const jobs = [
      job(1, { assignee: ANNA, state: "completed" }),
      job(2, { stage: "validation", state: "in progress", assignee: BEN }),
    ];
    expect(deal(jobs, { stage: "validation" }).map(({ body }) => body)).toEqual([
      { stage: "validation", state: "new" },
      {},
    ]);
  });

  it("tells CVAT, which then has it; strangers are refused", async () => {
    const people = await membersNamed(space, ["alice", "admin"]);
    const target = await targetNamed(space, "street", "project");
    const jobs = await jobsOf(space, target.jobs);
    const changes = dealt(jobs, { people, by: "jobs", stage: "validation", state: "in progress" });
    await assign(space.client, changes.filter(isChange), () => undefined);
    const now = await jobsOf(space, { project_id: street.id });
    expect(now.map(({ assignee }) => assignee?.username)).toEqual([
      "alice",
      "admin",
      "alice",
      "admin",
      "alice",
      "admin",
      "alice",
    ]);
    expect(new Set(now.map(({ stage, state }) => `${stage} ${state}`))).toEqual(new Set(["validation in progress"]));
    expect(dealt(now, { people, by: "jobs", stage: "validation" }).filter(isChange)).toEqual([]);
    await expect(membersNamed(space, ["mallory"])).rejects.toThrow(/no member mallory/);
  });

  it("asks which is meant where a task and a project have the name", async () => {
    await expect(targetNamed(space, "street", undefined)).rejects.toThrow("say --kind task or --kind project");
    expect(await targetNamed(space, "street 2", undefined)).toMatchObject({ kind: "task", what: "Task" });
    await expect(targetNamed(space, "strete", undefined)).rejects.toThrow(/There is no task strete .* The nearest/);
  });
});

describe("task status", () => {
  const tasks = [
    { id: 1, name: "street", size: 30 },
    { id: 2, name: "street 2", size: 20 },
    { id: 3, name: "half" },
  ] as Task[];
  const jobs = [
    job(1, { assignee: ANNA, stage: "acceptance", state: "completed" }),
    job(2, { assignee: ANNA, state: "completed" }),
    job(3, { assignee: BEN, state: "in progress" }),
    job(4, { task_id: 2, assignee: BEN, stage: "validation" }),
    job(5, { task_id: 2, state: "rejected" }),
    job(6, { task_id: 2, type: "ground_truth", frame_count: 4 }),
  ];
  const report = { accuracy: 0.5, precision: 2 / 3, recall: 1, conflicts: 3, date: "2026-12-01T10:00:00Z" };
  const quality = [{ task: "street 2", job: 6, frames: 4, report }];
  const status = () => statusOf({ id: 1, name: "street" } as Project, tasks, jobs, quality);

  it("says who has what, how far it is, and what waits", () => {
    const { people, review, done, frames, empty } = status();
    expect([done, frames, empty]).toEqual([10, 50, ["half"]]);
    expect(people.map(({ name, jobs }) => [name, jobs])).toEqual([
      ["anna", 2],
      ["ben", 2],
      [NOBODY, 1],
    ]);
    expect(review.map(({ job, task }) => [job, task])).toEqual([
      [2, "street"],
      [4, "street 2"],
    ]);
    expect(phaseOf({ stage: "validation", state: "rejected" })).toBe("rejected");
  });

  it("fits 80 columns and has no colours where nobody would see them", () => {
    const text = statusText(status());
    expect(text).toMatchInlineSnapshot(`
      "street: 2 tasks, 5 jobs, 50 frames, 20 % of them accepted

      task      frames  jobs  new  at work  rejected  review  done
      street        30     3    -        1         -       1     1
      street 2      20     2    -        -         1       1     -

      who       frames  jobs  new  at work  rejected  review  done
      anna          20     2    -        -         -       1     1
      ben           20     2    -        1         -       1     -
      (nobody)      10     1    -        -         1       -     -

      Waits for review:
      job  task      frames  who   stage
      #2   street    20-29   anna  annotation, completed
      #4   street 2  40-49   ben   validation, new

      Ground truth of street 2: job #6, 4 frames; report of 2026-12-01:
        accuracy 50.0 %, precision 66.7 %, recall 100.0 %, 3 conflicts

      Without pictures: half.
      Their making failed or is not over; a backup of the project fails by them."
    `);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/\u001b/);
  });

  it("reads the newest report of each ground truth", async () => {
    const page = (...results: unknown[]): Scripted => ({
      status: 200,
      body: { count: results.length, next: null, results },
    });
    const one = (created_date: string, accuracy: number, target = "task") => ({
      ...{ created_date, target, task_id: 2 },
      summary: { accuracy, precision: 1, recall: 1, conflict_count: 0 },
    });
    const scripted = await scriptedCvat({
      "GET quality/reports": [
        page(one("2026-11-30", 0.4), one("2026-12-01", 0.9), one("2026-12-02", 0.1, "job")),
        page(),
      ],
    });
    const own = { client: scripted.client, organization: "lab" };
    expect(await qualityOf(own, tasks, jobs)).toMatchObject([
      { task: "street 2", frames: 4, report: { accuracy: 0.9 } },
    ]);
    expect((await qualityOf(own, tasks, jobs))[0]?.report).toBeUndefined();
    await scripted.end();
  });
});

describe("task delete", () => {
  const task = (changes: Partial<Task> = {}) =>
    ({
      id: 2,
      name: "street",
      project_id: 1,
      size: 20,
      mode: "annotation",
      data_cloud_storage_id: 1,
      updated_date: "2026-12-01T10:00:00Z",
      ...changes,
    }) as Task;
  const list = (...results: unknown[]): Scripted => ({
    status: 200,
    body: { count: results.length, next: null, results },
  });

  it("counts what is lost, in the jobs of ground truth too", async () => {
    const scripted = await scriptedCvat({
      "GET jobs": [list(job(1, { task_id: 2 }), job(2, { task_id: 2, type: "ground_truth" }), job(3, { task_id: 9 }))],
      "GET jobs/1/annotations": [{ status: 200, body: { tags: [{}], shapes: [{}, {}], tracks: [] } }],
      "GET jobs/2/annotations": [{ status: 200, body: { tags: [], shapes: [], tracks: [{}] } }],
    });
    expect(await losingWith({ client: scripted.client, organization: "lab" }, task())).toEqual({
      jobs: 2,
      annotations: 4,
    });
    await scripted.end();
  });

  it.each([
    ["none", [], undefined],
    ["one that began after the last change", [{ task_id: 2 }], "export of backup of 2026-12-01T12:00:00Z"],
    ["one that began before", [{ task_id: 2, started: "2026-12-01T09:59:00Z" }], undefined],
    ["one that failed", [{ task_id: 2, status: "failed" }], undefined],
    ["that of its project", [{ project_id: 1 }], "export of backup of 2026-12-01T12:00:00Z"],
    ["another task's", [{ task_id: 3 }], undefined],
  ])("knows an export: %s", async (_, given, known) => {
    const requests = given.map(
      ({
        task_id = null,
        project_id = null,
        status = "finished",
        started = "2026-12-01T11:00:00Z",
      }: Record<string, unknown>) => ({
        ...{ id: "x", status, message: "", started_date: started, finished_date: "2026-12-01T12:00:00Z" },
        operation: { type: "export:backup", task_id, project_id },
      }),
    );
    const scripted = await scriptedCvat({ "GET requests": [list(...requests)] });
    expect(await knownExport({ client: scripted.client, organization: "lab" }, task())).toBe(known);
    await scripted.end();
  });

  it("takes an object as the export that is younger than the task's last change", async () => {
    const bucket = bucketOf(cvat.s3, "datasets");
    const key = keys[0] ?? "";
    expect(await savedAs(bucket, key, task())).toHaveProperty("problem", expect.stringMatching(/has changed since/));
    expect(await savedAs(bucket, key, task({ updated_date: "1970-01-01T00:00:00Z" }))).toHaveProperty(
      "saved",
      expect.stringContaining(key),
    );
    expect(await savedAs(bucket, "none", task())).toMatchObject({ problem: "datasets/none is not there." });
  });

  it("says what is freed and when", () => {
    const losing = { jobs: 4, annotations: 9 };
    expect(freedText(task(), losing, 2e6)).toEqual([
      "Gone at once: task street (#2) with 4 jobs and 9 annotations.",
      "Not freed yet: what of it is in the media cache. Chunks stay there for a day, previews for a week, whether the task is there or not.",
      "Stays: the 20 pictures in the bucket, 2.0 MB.",
    ]);
    expect(freedText(task({ mode: "interpolation" }), losing, 2e6)[1]).toBe(
      "Freed: CVAT's own copy of the film, 2.0 MB, at once.",
    );
    expect(freedText(task({ data_cloud_storage_id: null }), losing, undefined)[1]).toBe(
      "Freed: the 20 pictures that were uploaded to CVAT, at once.",
    );
  });

  it("is of the task of that name", async () => {
    expect(await losingWith(space, await taskNamed(space, "half", await projectNamed(space, "street")))).toEqual({
      jobs: 0,
      annotations: 0,
    });
  });
});
