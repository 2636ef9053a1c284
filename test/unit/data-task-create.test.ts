import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { projectNamed, storageOfBucket, tasksOf } from "../../automation/data/cvat/find.ts";
import { framesOf } from "../../automation/data/cvat/frames.ts";
import type { CvatSpace } from "../../automation/data/cvat/space.ts";
import { below, listedIn, type Chosen } from "../../automation/data/tasks/chosen.ts";
import { createTasks, type Outcome } from "../../automation/data/tasks/create.ts";
import { framesTaken } from "../../automation/data/tasks/films.ts";
import type { Making } from "../../automation/data/tasks/make.ts";
import { planTasks, type Look } from "../../automation/data/tasks/plan.ts";
import { jobsProblem, type TaskWish } from "../../automation/data/tasks/wish.ts";
import { silentProgress } from "../../automation/progress.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import type { Task } from "../../components/cvat/client/types.ts";
import { UserError } from "../../components/program/errors.ts";
import { mp4Of } from "../fixtures/cvat/pictures.ts";
import { ADMIN, ALICE, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";
import { bucketOf } from "../fixtures/data/bucket.ts";

const GI = 2 ** 30;
let cvat: TestCvat;
let folder: string;
/** Each test has a project of its own. */
let project = "";
let tests = 0;

const WISH: TaskWish = {
  ...{ name: "street", subset: "Train", perTask: 100, segmentSize: 4, quality: 70, sorting: "natural", film: {} },
};
const pictures = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix}${String(at).padStart(3, "0")}.jpg`);

const spaceOf = (signal?: AbortSignal, account: { username: string; password: string } = ADMIN): CvatSpace => ({
  client: new CvatClient({ endpoint: cvat.url, ...account }, signal ? { signal } : {}),
  organization: "lab",
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-task-"));
  cvat = await startCvat();
  cvat.s3.buckets = {
    datasets: [
      ...pictures("street/", 10),
      ...["mixed/a.jpg", "mixed/b.mp4", "stray/a.jpg", "stray/notes.txt", "stray/._b", "empty/a.jpg", "empty/b.jpg"],
      ...["films/one.mp4", "films/two.mp4", "gone/a.jpg", "manifest.jsonl"],
    ],
  };
  for (const key of ["mixed/b.mp4", "films/one.mp4", "films/two.mp4"])
    cvat.s3.bodies[`datasets/${key}`] = mp4Of(64, 48, 60);
  cvat.s3.bodies["datasets/empty/b.jpg"] = "";
  const { client } = spaceOf();
  await client.post("organizations", { slug: "lab" });
  await client.post("cloudstorages", storageBody(), { organization: "lab" });
  await client.post("invitations", { email: ALICE.email, role: "maintainer" }, { organization: "lab" });
});
afterAll(async () => {
  await cvat.end();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  project = `project ${(tests += 1)}`;
  await spaceOf().client.post("projects", { name: project, labels: [{ name: "car" }] }, { organization: "lab" });
});
afterEach(() => cvat.order({}));

interface Run {
  from?: string[];
  chosen?: Chosen;
  wish?: Partial<TaskWish>;
  space?: CvatSpace;
  look?: Partial<Look>;
  signal?: AbortSignal;
  following?: Partial<Making["following"]>;
  manifest?: string;
}

async function create({
  from = ["street"],
  chosen,
  wish,
  space = spaceOf(),
  look,
  signal,
  manifest,
  following,
}: Run = {}): Promise<Outcome[]> {
  const bucket = bucketOf(cvat.s3, "datasets");
  const whole: Look = {
    space,
    project: await projectNamed(space, project),
    chosen: chosen ?? below(bucket, from),
    wish: { ...WISH, ...wish },
    ...look,
  };
  const { tasks } = await planTasks(whole);
  const storage = await storageOfBucket(space, "datasets", whole.chosen.prefix);
  const outcomes: Outcome[] = [];
  await createTasks(
    whole,
    tasks,
    { space, project: whole.project, storage, wish: whole.wish, manifest },
    { everyMs: 5, withinMs: 20_000, signal, ...following },
    silentProgress,
    (one) => outcomes.push(one),
  );
  return outcomes;
}

const tasks = async () => tasksOf(spaceOf(), { project: (await projectNamed(spaceOf(), project)).id });
const did = (outcomes: readonly Outcome[]) => outcomes.map(({ name, did, frames }) => `${name}: ${did}, ${frames}`);
const refusal = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => "done",
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
};

describe("tasks of a prefix", () => {
  it("are made in parts under names that stay, and are there when asked for again", async () => {
    const wish = { perTask: 4 };
    expect(did(await create({ wish }))).toEqual(["street: made, 4", "street 2: made, 4", "street 3: made, 2"]);
    expect(did(await create({ wish }))).toEqual([
      "street: was-there, 4",
      "street 2: was-there, 4",
      "street 3: was-there, 2",
    ]);
    const made = await tasks();
    expect(made).toHaveLength(3);
    // Jobs are no larger than their task, and CVAT says so of it.
    const third = made.find(({ name }) => name === "street 3") as Task;
    expect(third).toMatchObject({ subset: "Train", image_quality: 70, segment_size: 2, mode: "annotation" });
    expect(third.source_storage?.cloud_storage_id).toBe(third.data_cloud_storage_id);
    const frames = await framesOf(spaceOf().client, third);
    expect(frames?.frames.map(({ name }) => name)).toEqual(["street/008.jpg", "street/009.jpg"]);
  });

  it("that differ in more than their pictures say so and stay", async () => {
    await create();
    const [again] = await create({ wish: { quality: 90, segmentSize: 8 } });
    expect(again?.notes).toEqual(["its quality is 70, not 90", "its jobs have 4 frames, not 8"]);
  });

  it("of other pictures under the same name are refused, with what differs", async () => {
    await create({ wish: { perTask: 4 } });
    const { message, exitCode } = await refusal(create());
    expect(message).toMatch(
      /^Task street \(#\d+\) lacks 6 of the files, as street\/004\.jpg, street\/005\.jpg, street\/006\.jpg, …\.$/,
    );
    expect(exitCode).toBe(2);
    expect((await refusal(create({ wish: { subset: "Test" } }))).message).toMatch(
      /is of the subset "Train", not "Test"/,
    );
    expect(await tasks()).toHaveLength(3);
  });

  it("take widths and heights from a manifest, every picture of which is in it", async () => {
    const head = '{"version":"1.1"}\n{"type":"images"}\n';
    const lines = pictures("street/", 10).map(
      (key) => `{"name":"${key.slice(0, -4)}","extension":".jpg","width":10,"height":20}\n`,
    );
    cvat.s3.bodies["datasets/manifest.jsonl"] = head + lines.join("");
    await create({ manifest: "manifest.jsonl", look: { manifest: new Set(pictures("street/", 10)) } });
    const [task] = await tasks();
    expect((await framesOf(spaceOf().client, task as Task))?.frames[0]).toEqual({
      name: "street/000.jpg",
      width: 10,
      height: 20,
    });
    const few = { manifest: new Set(pictures("street/", 9)) };
    expect((await refusal(create({ wish: { name: "other" }, look: few }))).message).toBe(
      "street/009.jpg is not in the manifest",
    );
  });
});

describe("before anything is sent", () => {
  it.each<[string, Run, RegExp]>([
    ["both kinds", { from: ["mixed"] }, /has 1 pictures \(mixed\/a\.jpg\) and 1 films \(mixed\/b\.mp4\)/],
    ["strays", { from: ["stray"] }, /2 files are neither picture nor film.*\n {2}stray\/\._b\n {2}stray\/notes\.txt/],
    [
      "files of no bytes",
      { from: ["empty"] },
      /1 file has no bytes, and CVAT fails at the first of them:\n {2}empty\/b\.jpg/,
    ],
    ["nothing", { from: ["nowhere"] }, /datasets\/nowhere\/ has no picture or film\./],
    ["no film where films are asked for", { wish: { take: "films" } }, /datasets\/street\/ has no film\./],
    ["a name too long", { wish: { name: "x".repeat(257) } }, /The name of a task has at most 256 characters/],
    ["a name that its number makes too long", { wish: { name: "x".repeat(255), perTask: 4 } }, /has 257\./],
    ["a subset too long", { wish: { subset: "x".repeat(65) } }, /--subset has at most 64 characters/],
    [
      "several faults at once",
      { wish: { quality: 101, segmentSize: 0, film: { start: 5, stop: 4, step: 0 } } },
      /--segment-size.*\n--quality.*\n--stop 4 lies before --start 5\.\n--step/,
    ],
  ])("%s is refused", async (_, run, said) => {
    const { message, exitCode } = await refusal(create(run));
    expect(message).toMatch(said);
    expect(exitCode).toBe(2);
    expect(await tasks()).toEqual([]);
  });

  it("a prefix in another, and in a list files that come twice or are not there, by line", async () => {
    const bucket = bucketOf(cvat.s3, "datasets");
    expect(() => below(bucket, ["street", "street2"])).not.toThrow();
    expect(() => below(bucket, ["", "street/"])).toThrow(
      "--from street/ lies in --from , so its files would come twice.",
    );
    const file = path.join(folder, "list.txt");
    await writeFile(file, "# mine\nstreet/001.jpg\n\n/street/001.jpg\nstreet/x.jpg\n");
    expect((await refusal(listedIn(bucket, file))).message.split("\n")).toEqual([
      `${file}:4: street/001.jpg stands in line 2 already, and CVAT fails at a file that comes twice`,
      `${file}:5: street/x.jpg is not in datasets`,
    ]);
    await writeFile(file, "street/003.jpg\nstreet/001.jpg\n");
    const chosen = await listedIn(bucket, file);
    expect(did(await create({ chosen, wish: { sorting: "predefined" } }))).toEqual(["street: made, 2"]);
  });

  it("more jobs than CVAT makes of one task", () => {
    expect(jobsProblem("street", "picture", 1000, 1)).toBeUndefined();
    expect(jobsProblem("street", "picture", 1001, 1)).toMatch(
      /^Task street would have 1001 jobs, and CVAT makes 1000 at most/,
    );
    expect(jobsProblem("film", "film", 6000, 10)).toMatch(/would have 1199 jobs/);
  });

  it("strays are left out where only pictures are asked for, and both kinds are split", async () => {
    expect(did(await create({ from: ["stray"], wish: { take: "pictures" } }))).toEqual(["street: made, 1"]);
    expect(did(await create({ from: ["mixed"], wish: { name: "both", take: "both" } }))).toEqual([
      "both: made, 1",
      "both film: made, 60",
    ]);
  });
});

describe("films", () => {
  const film = { codec: "h264", frames: 60, width: 64, height: 48 };
  const readFilm = () => Promise.resolve(film);

  it("are one to a task, cut as asked", async () => {
    const wish = { film: { start: 10, stop: 49, step: 5 } };
    expect(did(await create({ from: ["films"], wish, look: { readFilm } }))).toEqual([
      "street: made, 8",
      "street 2: made, 8",
    ]);
    expect(did(await create({ from: ["films"], wish, look: { readFilm } }))).toEqual([
      "street: was-there, 8",
      "street 2: was-there, 8",
    ]);
    expect((await refusal(create({ from: ["films"], look: { readFilm } }))).message).toMatch(
      /begins at frame 10 and takes one of 5/,
    );
    expect(framesTaken(60, { ...WISH, ...wish })).toBe(8);
  });

  it("are refused when they cannot be read, end before they begin, or find no room", async () => {
    const look: Partial<Look> = {
      room: () => Promise.resolve({ most: 4 * GI, free: 100 }),
      readFilm: (key) => Promise.resolve(key.endsWith("one.mp4") ? "it is cut off" : { ...film, frames: 20 }),
    };
    const { message } = await refusal(create({ from: ["films"], wish: { film: { start: 20 } }, look }));
    expect(message).toMatch(
      /^The films have \d+ B, and CVAT copies every film into its data claim\. It takes 4\.0 GiB at most, and 100 B of that are free now\./,
    );
    expect(message).toMatch(
      /films\/one\.mp4: it is cut off\nfilms\/two\.mp4 has 20 frames, so none is left from --start 20 on$/,
    );
  });
});

describe("what is of films alone", () => {
  it("is refused for pictures, which CVAT would cut as well", async () => {
    const { message, exitCode } = await refusal(create({ wish: { film: { step: 2 } } }));
    expect([message, exitCode]).toEqual([
      "--start, --stop and --step are of films, and datasets/street/ has pictures alone, which are taken all. Name those that are wanted in a file: --list FILE.",
      2,
    ]);
  });

  it("stops at more pixels than CVAT's encoder takes", async () => {
    const readFilm = () => Promise.resolve({ codec: "hevc", frames: 10, width: 7680, height: 4320 });
    expect((await refusal(create({ from: ["films"], look: { readFilm } }))).message).toMatch(
      /^films\/one\.mp4 has frames of 7680x4320, and CVAT's encoder takes 9\.4 million pixels at most$/m,
    );
  });
});

describe("a run that died", () => {
  it.each([
    ["before the task was made", "POST tasks", "hang", "made"],
    ["after the task was made, unheard", "POST tasks", "hang-after", "replaced"],
    ["before its data was sent", "POST tasks/*/data", "hang", "replaced"],
    ["after its data was sent, unheard", "POST tasks/*/data", "hang-after", "finished"],
    ["while CVAT was at it", "GET requests/*", "hang", "finished"],
  ] as const)("%s is taken up: no doubles", async (_, call, kind, outcome) => {
    const stop = new AbortController();
    await cvat.order({ faults: [{ call, kind }], pace: { startedMs: 600 } });
    const dying = create({ space: spaceOf(stop.signal), signal: stop.signal });
    const died = expect(dying).rejects.toThrow("killed");
    await expect.poll(() => hung(call, kind), { timeout: 20_000 }).toBe(true);
    stop.abort(new Error("killed"));
    await died;
    await cvat.order({});
    expect(did(await create())).toEqual([`street: ${outcome}, 10`]);
    expect(await tasks()).toHaveLength(1);
  });

  /** Whether the stand-in has come to where it hangs. */
  function hung(call: string, kind: string): boolean {
    const { tasks, requests, projects } = cvat.store.state;
    const task = tasks.find(({ project_id }) => project_id === projects.at(-1)?.id);
    if (call === "POST tasks") return kind === "hang" || task !== undefined;
    if (kind === "hang" && call.startsWith("POST")) return task !== undefined;
    return requests.some(({ task_id }) => task_id === task?.id);
  }
});

describe("when CVAT fails", () => {
  it.each([
    ["a dropped connection", "POST tasks", "drop-before"],
    ["a dropped connection afterwards", "POST tasks", "drop-after"],
    ["a dropped connection at the data", "POST tasks/*/data", "drop-before"],
    ["one that took the data", "POST tasks/*/data", "drop-after"],
    ["a 500", "POST tasks/*/data", "500"],
    ["a 429 that asks to wait", "POST tasks/*/data", "429"],
    ["a 503 while it is followed", "GET requests/*", "503"],
  ] as const)("by %s, there is one task in the end", async (_, call, kind) => {
    await cvat.order({ faults: [{ call, kind }] });
    expect(did(await create())).toEqual(["street: made, 10"]);
    expect(await tasks()).toHaveLength(1);
  });

  it("because an object went, its words are told, and nothing is left to break a backup", async () => {
    await cvat.order({ pace: { queuedMs: 300 } });
    const making = refusal(create({ from: ["gone"] }));
    const isQueued = () => cvat.store.state.requests.some(({ status }) => status === "queued");
    await expect.poll(isQueued, { timeout: 20_000 }).toBe(true);
    cvat.s3.buckets["datasets"] = (cvat.s3.buckets["datasets"] ?? []).filter((key) => key !== "gone/a.jpg");
    const said = /^CVAT failed at making task street: .*'gone\/a\.jpg' not found.* The task is removed:/;
    expect((await making).message).toMatch(said);
    expect(await tasks()).toEqual([]);
  });

  it("because its worker is gone, nobody waits for ever", async () => {
    await cvat.order({ workers: { import: "dies" } });
    const since = new Date(Date.now() + 60_000);
    const workers = () => Promise.resolve([{ pod: "cvat-backend-worker-import-1", state: "running", since }]);
    const said = /^Nobody works on making task street any more.* The task is removed/;
    expect((await refusal(create({ following: { lookMs: 20, workers } }))).message).toMatch(said);
    expect(await tasks()).toEqual([]);
  });

  it("a half-made task of somebody else is left alone", async () => {
    const alice = spaceOf(undefined, ALICE);
    const { id } = await projectNamed(alice, project);
    await alice.client.post("tasks", { name: "street", project_id: id }, { organization: "lab" });
    const said = /^Task street \(#\d+\) is of alice and has no pictures, or none yet\.$/;
    expect((await refusal(create())).message).toMatch(said);
    expect(await tasks()).toHaveLength(1);
  });
});
