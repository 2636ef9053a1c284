import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  labelsOf,
  membersNamed,
  projectNamed,
  storageNamed,
  storageOfBucket,
  taskNamed,
} from "../../automation/data/cvat/find.ts";
import { framesOf } from "../../automation/data/cvat/frames.ts";
import { folderPrefix, serverFile } from "../../automation/data/cvat/paths.ts";
import type { CvatSpace } from "../../automation/data/cvat/space.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import { UserError } from "../../components/program/errors.ts";
import { scriptedCvat } from "../fixtures/cvat/scripted.ts";
import { ADMIN, ALICE, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";

let cvat: TestCvat;
let lab: CvatSpace;
let other: CvatSpace;

beforeAll(async () => {
  cvat = await startCvat();
  cvat.s3.buckets = { datasets: ["a/1.jpg"], cvat: [] };
  const client = new CvatClient({ endpoint: cvat.url, ...ADMIN });
  for (const slug of ["lab", "other"]) await client.post("organizations", { slug });
  lab = { client, organization: "lab" };
  other = { client, organization: "other" };
  const make = (path: string, body: Record<string, unknown>, { organization } = lab) =>
    client.post<{ id: number }>(path, body, { organization });
  const { id } = await make("projects", { name: "street", labels: [{ name: "car" }, { name: "bus" }] });
  await make("projects", { name: "street" }, other);
  for (const name of ["twice", "twice", "roof", "harbour"]) await make("projects", { name });
  await make("tasks", { name: "monday", project_id: id });
  await make("tasks", { name: "monday" });
  await make("cloudstorages", storageBody());
  await make(
    "cloudstorages",
    storageBody({ display_name: "part", specific_attributes: `${storageBody().specific_attributes}&prefix=a/` }),
  );
  await make("invitations", { email: ALICE.email, role: "worker" });
});
afterAll(() => cvat.end());

const refusal = async (work: Promise<unknown>) => {
  const error: unknown = await work.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
};

describe("found by name", () => {
  it("in one's organization alone", async () => {
    const [one, another] = [await projectNamed(lab, "street"), await projectNamed(other, "street")];
    expect(one.id).not.toBe(another.id);
    expect((await labelsOf(lab, { project_id: one.id })).map(({ name }) => name)).toEqual(["car", "bus"]);
  });

  it("or listed with numbers and dates where there are more, and then by its number", async () => {
    const { message, exitCode } = await refusal(projectNamed(lab, "twice"));
    expect(message).toMatch(/^There are 2 of the name twice in organization lab \(project\)/);
    const numbers = [...message.matchAll(/^ {2}(#\d+) {2}made 20\d\d-\d\d-\d\d \d\d:\d\d$/gm)].map(
      ([, number]) => number,
    );
    expect(numbers).toHaveLength(2);
    expect(exitCode).toBe(2);
    expect(`#${(await projectNamed(lab, numbers[1] ?? "")).id}`).toBe(numbers[1]);
  });

  it("or told the nearest", async () => {
    const { message } = await refusal(projectNamed(lab, "stret"));
    expect(message).toMatch(/^There is no project stret in organization lab\. The nearest of 4: street, /);
    expect((await refusal(projectNamed(other, "roof"))).message).toBe(
      "There is no project roof in organization other. It has: street.",
    );
  });

  it("within a project, where another has a task of that name", async () => {
    await refusal(taskNamed(lab, "monday"));
    const street = await projectNamed(lab, "street");
    expect(await taskNamed(lab, "monday", street)).toMatchObject({ project_id: street.id });
  });

  it("storages by name or bucket, one that shows it all before one that shows a part", async () => {
    expect(await storageNamed(lab, "part")).toMatchObject({ display_name: "part" });
    expect(await storageOfBucket(lab, "datasets", "a/")).toMatchObject({ display_name: "datasets" });
    expect((await refusal(storageOfBucket(lab, "cvat"))).message).toMatch(
      /^CVAT has no cloud storage for cvat in organization lab\. It has: part \(datasets\), datasets \(datasets\)\./,
    );
  });

  it("members, every stranger told at once", async () => {
    expect(await membersNamed(lab, ["alice", "admin"])).toMatchObject([{ username: "alice" }, { username: "admin" }]);
    const { message } = await refusal(membersNamed(lab, ["alise", "alice", "bob"]));
    expect(message.split("\n")).toEqual([
      "There is no member alise in organization lab. It has: alice, admin.",
      "There is no member bob in organization lab. It has: admin, alice.",
    ]);
  });

  it("although a CVAT gives more than was asked for", async () => {
    const page = {
      count: 2,
      next: null,
      results: [
        { id: 1, name: "roof" },
        { id: 2, name: "street" },
      ],
    };
    const loose = await scriptedCvat({ "GET projects": [{ status: 200, body: page }] });
    expect(await projectNamed({ client: loose.client, organization: "" }, "street")).toMatchObject({ id: 2 });
    await loose.end();
  });
});

describe("frames of a task", () => {
  const meta = {
    chunk_size: 36,
    size: 8,
    start_frame: 10,
    stop_frame: 45,
    frame_filter: "step=5",
    deleted_frames: [2],
    frames: [{ name: "clips/v1.mp4", width: 320, height: 240, related_files: 0 }],
  };

  it("of a film have one name, a start and a step", async () => {
    const scripted = await scriptedCvat({ "GET tasks/3/data/meta": [{ status: 200, body: meta }] });
    expect(await framesOf(scripted.client, { id: 3, size: 8, mode: "interpolation" })).toEqual({
      size: 8,
      frames: [{ name: "clips/v1.mp4", width: 320, height: 240 }],
      ...{ isFilm: true, start: 10, step: 5, deleted: [2] },
    });
    expect(await framesOf(scripted.client, { id: 4, mode: "" })).toBeUndefined();
    expect(scripted.calls).toEqual(["GET tasks/3/data/meta"]);
    await scripted.end();
  });
});

it("takes keys without a slash in front, as CVAT does", () => {
  expect([serverFile("/a/1.jpg"), folderPrefix("/a"), folderPrefix("a/"), folderPrefix("/")]).toEqual([
    "a/1.jpg",
    "a/",
    "a/",
    "",
  ]);
});
