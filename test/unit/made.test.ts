import { expect, it } from "vitest";
import { madeText } from "../../automation/report/made.ts";

const OUTPUTS = {
  objectStore: { buckets: { datasets: "lab-datasets", cvat: "cvat" }, users: ["vision-platform-cvat"] },
  cvat: { users: ["admin", "annotator"], cloudStorages: ["datasets"], projects: ["street", "yard"] },
  functions: {
    yolo11x: { kind: "detector", image: "registry.example/yolo11x:1", runtimeClass: "nvidia, by the field" },
    old: { kind: "deployed by others", image: "", runtimeClass: "nvidia, by the patch" },
  },
  agent: { namespace: "clearml-agent", queue: "default", image: "registry.internal/clearml-agent:1" },
};

it("lists buckets, users, storages, projects, functions and the agent", () => {
  const rows = madeText(OUTPUTS)
    .split("\n")
    .slice(1)
    .map((line) => line.split(/ {2,}/));
  expect(rows).toEqual([
    ["buckets", "lab-datasets, cvat"],
    ["users of the object store", "vision-platform-cvat"],
    ["users of CVAT", "admin, annotator"],
    ["cloud storages of CVAT", "datasets"],
    ["projects of CVAT", "street, yard"],
    ["function yolo11x", "detector; registry.example/yolo11x:1; runtime class nvidia, by the field"],
    ["function old", "deployed by others; runtime class nvidia, by the patch"],
    ["agent of ClearML", "queue default; registry.internal/clearml-agent:1"],
  ]);
});

it("leaves out what is not there", () => {
  expect(madeText({ cvat: { users: ["admin"], cloudStorages: [] } })).toMatch(/^what +made\nusers of CVAT +admin$/);
  expect(madeText({})).toBe("");
});
