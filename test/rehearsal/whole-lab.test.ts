import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLab, type Lab } from "./harness.ts";

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({}, { whole: true });
});
afterAll(() => lab.end());

describe("the whole homelab: charts, buckets, records, functions, agent", () => {
  it("goes up in one run, and says what it made", async () => {
    const { outputs } = await lab.up();
    expect(outputs).toMatchObject({
      objectStore: {
        buckets: { datasets: "datasets", cvat: "cvat", clearml: "clearml", models: "models" },
        users: ["cvat", "clearml", "functions", "clearml-admin"].map((user) => `vision-platform-${user}`),
      },
      cvat: { users: ["admin", "annotator"], cloudStorages: ["datasets", "cvat"] },
      functions: { yolo11x: { kind: "detector" }, sam: { kind: "interactor" } },
      agent: { queue: "default" },
      secrets: "[secret]",
    });
    const { functions } = outputs as { functions: Record<string, { runtimeClass: string }> };
    expect(functions["yolo11x"]?.runtimeClass).toMatch(/^nvidia, by the /);
  });

  it("changes nothing on a second up", async () => {
    const { outcome } = await lab.up();
    expect(outcome.changes).toEqual([]);
  });
});
