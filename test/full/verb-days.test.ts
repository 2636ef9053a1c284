import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { inProcess } from "../fixtures/data/in-process.ts";
import { drawn, madeTask, putPictures, startTestLab, type TestLab } from "../fixtures/data/lab.ts";
import { sharedCache } from "../fixtures/data/shared-cache.ts";

/** What people do with tasks and projects, by the command line, on what is really in CVAT's stand-in. */

const cache = sharedCache();
let lab: TestLab;

afterEach(() => lab.end());

const at = (name: string) => path.join(lab.folder, name);
const start = async (version?: string) => {
  lab = await startTestLab(version === undefined ? {} : { version }, cache());
};
const verb = (...words: string[]) => inProcess(lab, words);
const box = (frame: number, label_id: number, left = 1) => ({ frame, label_id, points: [left, 1, left + 10, 11] });
const labelsOf = (project: number) =>
  lab.list<{ id: number; name: string; color: string }>(`labels?project_id=${project}`);
const wanted = (...labels: object[]) => writeFile(at("streets.yaml"), stringify({ name: "streets", labels }));

/** A ground-truth job over frames of a task. */
const truthOf = (task: number, frames: number[]) =>
  lab.ask<{ id: number }>("POST jobs", {
    type: "ground_truth",
    task_id: task,
    frame_selection_method: "manual",
    frames,
  });

describe("a label that has annotations", () => {
  it("is taken out with --force alone: those of all jobs are counted, ground truth too", async () => {
    await start();
    const { project, task, car, bus } = await madeTask(lab);
    await drawn(lab, task, [box(0, bus), box(3, bus), box(1, car)]);
    const truth = await truthOf(task, [0]);
    const shapes = [{ type: "rectangle", ...box(0, bus) }];
    await lab.ask(`PUT jobs/${truth.id}/annotations`, { version: 0, tags: [], tracks: [], shapes });
    await wanted({ name: "car" });
    const refused = await verb("project", "apply", at("streets.yaml"));
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("bus (3 annotations) would go")]);
    expect(await labelsOf(project)).toHaveLength(2);
    const forced = await verb("project", "apply", at("streets.yaml"), "--force", "--json");
    expect(JSON.parse(forced.stdout)).toMatchObject({ applied: true, losing: ["bus (3 annotations)"] });
    expect((await labelsOf(project)).map(({ name }) => name)).toEqual(["car"]);
    expect(await lab.ask(`GET tasks/${task}/annotations`)).toMatchObject({ shapes: [{ label_id: car }] });
  });

  it("keeps number, colour and annotations under a new name", async () => {
    await start();
    const { project, task, bus } = await madeTask(lab);
    await drawn(lab, task, [box(0, bus)]);
    const before = (await labelsOf(project)).find(({ id }) => id === bus);
    await wanted({ name: "car" }, { name: "coach", was: "bus" });
    expect((await verb("project", "apply", at("streets.yaml"))).exitCode).toBe(0);
    expect((await labelsOf(project)).find(({ id }) => id === bus)).toMatchObject({
      name: "coach",
      color: before?.color,
    });
    expect(await lab.ask(`GET tasks/${task}/annotations`)).toMatchObject({ shapes: [{ label_id: bus }] });
  });
});

it("ground truth is compared with what was drawn, and task status tells how well that is", async () => {
  await start();
  const { task, car, bus } = await madeTask(lab);
  // Of three boxes on the two frames one is right, one has the wrong label, one is nowhere in the truth.
  await drawn(lab, task, [box(0, car), box(1, bus), box(1, car, 40)]);
  const truth = await truthOf(task, [0, 1]);
  const shapes = [box(0, car), box(1, car)].map((shape) => ({ type: "rectangle", ...shape }));
  await lab.ask(`PUT jobs/${truth.id}/annotations`, { version: 0, tags: [], tracks: [], shapes });
  expect((await verb("task", "status", "streets")).stdout).toContain("2 frames; no quality report yet");
  await lab.ask(`PATCH jobs/${truth.id}`, { stage: "acceptance", state: "completed" });
  await lab.cvat.done({ body: await lab.ask<object>("POST quality/reports", { task_id: task }) });
  const { stdout } = await verb("task", "status", "streets");
  expect(stdout).toMatch(
    /Ground truth of street: job #\d+, 2 frames; report of \d{4}-\d\d-\d\d:\n {2}accuracy 25\.0 %, precision 33\.3 %, recall 50\.0 %, 2 conflicts/,
  );
});

describe("task create", () => {
  const create = (...more: string[]) => verb("task", "create", "yard", "--project", "streets", ...more);
  const keys = [0, 1, 2].map((number) => `yard/${number}.png`);

  it("takes what a list names, and sizes from a manifest that dataset manifest has made", async () => {
    await start();
    await madeTask(lab);
    putPictures(lab, keys);
    await writeFile(at("list.txt"), "yard/2.png\nyard/0.png\nyard/none.png\n");
    expect((await create("--list", at("list.txt"))).stderr).toContain("list.txt:3: yard/none.png is not in datasets");
    await writeFile(at("list.txt"), "yard/2.png\nyard/0.png\n");
    expect((await create("--list", at("list.txt"), "--sorting", "predefined")).exitCode).toBe(0);
    const [task] = (await lab.list<{ id: number; name: string }>("tasks")).filter(({ name }) => name === "yard");
    const { frames } = await lab.ask<{ frames: { name: string }[] }>(`GET tasks/${task?.id ?? 0}/data/meta`);
    expect(frames.map(({ name }) => name)).toEqual(["yard/2.png", "yard/0.png"]);
    await lab.ask(`DELETE tasks/${task?.id ?? 0}`);
    expect((await verb("dataset", "manifest", "yard", "--no-storage")).exitCode).toBe(0);
    expect((await create("--from", "yard/", "--manifest")).stdout).toContain("is made: 3 pictures");
  });

  it("stops where the bucket has changed since it was looked at", async () => {
    await start();
    await madeTask(lab);
    putPictures(lab, keys);
    lab.gates.store.answered = (call) => {
      // It is listed once to look, and once more to make tasks of it.
      if (call.includes("list-type")) putPictures(lab, ["yard/00.png"]);
      return undefined;
    };
    const { exitCode, stderr } = await create("--from", "yard/", "--per-task", "2");
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("has changed since it was looked at: task yard")]);
    expect((await lab.list<{ name: string }>("tasks")).map(({ name }) => name).sort()).toEqual(["street"]);
  });
});

it("a CVAT before 2.48 has a login key in the place of tokens, which ends when it is revoked", async () => {
  await start("2.39.0");
  const token = (...words: string[]) => verb("cvat", "token", ...words, "--for", "anna");
  const only = await token("--read-only", "--output", at("anna.env"));
  expect([only.exitCode, only.stderr]).toEqual([
    2,
    expect.stringContaining("has no access tokens, which came with 2.48"),
  ]);
  expect((await token("--output", at("anna.env"))).exitCode).toBe(0);
  const [, key = ""] = /^CVAT_LOGIN_KEY=(\w+)$/m.exec(await readFile(at("anna.env"), "utf8")) ?? [];
  expect((await lab.cvat.call("GET", "users/self", { key })).body).toMatchObject({ username: "anna" });
  expect((await token("ls")).stderr).toContain("revoke login-key");
  expect((await token("revoke", "login-key")).stdout).toContain("--yes login-key");
  expect((await token("revoke", "login-key", "--yes", "login-key")).exitCode).toBe(0);
  expect((await lab.cvat.call("GET", "users/self", { key })).status).toBe(401);
});
