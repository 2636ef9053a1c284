import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Connection } from "../../components/cvat/client/connection.ts";
import { projectConfig } from "../../components/cvat/projects/project-config.ts";
import { kind, type ProjectInputs, type ProjectOuts } from "../../components/cvat/records/project.ts";
import { ADMIN, startCvat, storageBody, type TestCvat } from "../fixtures/cvat/stand-in.ts";
import { newRun, within } from "./run.ts";

const run = newRun();
const project = within(run, kind);
let cvat: TestCvat;
let connection: Connection;

const LABELS = [
  { name: "car", color: "#ff0000", type: "rectangle", attributes: [{ name: "paint", values: ["red", "blue"] }] },
  { name: "roof" },
  { name: "man", type: "skeleton", points: [{ name: "head", x: 1, y: 2 }], edges: [] },
];
const street = (labels: unknown = LABELS, changes: Partial<ProjectInputs> = {}): ProjectInputs => {
  const wanted = projectConfig.parse({ name: "street", labels });
  return {
    connection,
    organization: "lab",
    targetStorage: "datasets",
    force: false,
    ...wanted,
    ...changes,
  };
};
const projects = () => cvat.store.state.projects;
const labels = () => cvat.store.state.labels.filter(({ parent_id }) => parent_id === null);
const readBack = async (id: string, outs: ProjectOuts) => (await project.read(id, outs))?.outs as ProjectOuts;

beforeAll(async () => {
  cvat = await startCvat();
  cvat.s3.buckets = { datasets: ["a.jpg"] };
  connection = { endpoint: cvat.url, username: ADMIN.username, password: ADMIN.password, patienceMs: 2000 };
  await cvat.call("POST", "organizations", { body: { slug: "lab" } });
  await cvat.call("POST", "cloudstorages", { body: storageBody(), headers: { "X-Organization": "lab" } });
});
afterAll(() => cvat.end());
beforeEach(() => {
  Object.assign(cvat.store.state, { projects: [], tasks: [], labels: [], jobs: [] });
});

it("is made, taken over by a second run, and no drift is seen in what was made", async () => {
  const { id, outs } = await project.create(street());
  expect(await project.create(street())).toMatchObject({ id });
  expect(projects()).toHaveLength(1);
  expect(await readBack(id, outs)).toEqual(outs);
  expect(await kind.diff(await readBack(id, outs), street(), run)).toEqual({ changed: [], replaces: [] });
});

it("shows what somebody changed in CVAT, and an update takes it back, keeping colours and numbers", async () => {
  const { id, outs } = await project.create(street());
  const [car, roof] = labels();
  if (!car || !roof) throw new Error("no labels");
  const body = {
    labels: [
      { id: car.id, name: "car", color: "#00ff00" },
      { id: roof.id, name: "shed", color: roof.color },
      { name: "own" },
    ],
    target_storage: { location: "local" },
  };
  expect((await cvat.call("PATCH", `projects/${id}`, { body })).status).toBe(200);
  const now = await readBack(id, outs);
  expect(now.labels.map(({ name, color }) => [name, color])).toEqual([
    ["car", "#00ff00"],
    ["man", undefined],
    ["shed", undefined],
    ["own", undefined],
  ]);
  expect(now.targetStorage).toBe("local");
  expect((await kind.diff(now, street(), run)).changed).toEqual(["labels", "targetStorage"]);
  await project.update(id, now, street());
  expect(
    labels()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["car", "man", "roof"]);
  expect(labels().find(({ name }) => name === "car")).toMatchObject({ id: car.id, color: "#ff0000" });
});

it("renames a label with `was`, and is refused what CVAT cannot do", async () => {
  const { id, outs } = await project.create(street());
  const [car] = labels();
  const renamed = street([{ ...LABELS[0], name: "vehicle", was: "car" }, ...LABELS.slice(1)]);
  await project.update(id, outs, renamed);
  expect(labels().find(({ name }) => name === "vehicle")?.id).toBe(car?.id);
  await expect(project.update(id, outs, street([{ ...LABELS[0], name: "vehicle", attributes: [] }]))).rejects.toThrow(
    /vision-platform:cvat\.projects: street: CVAT cannot take the attribute paint off the label vehicle/,
  );
});

it("that leaves the stack file stays while it has tasks, and goes without", async () => {
  const { id, outs } = await project.create(street());
  await cvat.call("POST", "tasks", { body: { name: "monday", project_id: Number(id) } });
  await project.delete(id, outs);
  expect(projects()).toHaveLength(1);
  Object.assign(cvat.store.state, { tasks: [] });
  await project.delete(id, outs);
  expect(projects()).toEqual([]);
});
