import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../components/records/kind.ts";
import type { Step } from "../../automation/engine/steps.ts";
import { waitsFor } from "../../automation/report/waits.ts";

function step(name: string, after: Step["after"], operation?: "create" | "update" | "replace"): Step {
  const named = { urn: name, type: "a:b:C", kind: "C", name, short: name, system: "CVAT" };
  return {
    ...named,
    change: operation && { ...named, operation, fields: [] },
    before: {},
    after,
    replacedFor: [],
    isRetained: false,
    was: undefined,
  };
}

const unknown = { secret: UNKNOWN };
const waits = (steps: Step[], dependencies: Parameters<typeof waitsFor>[2]) =>
  waitsFor(steps[0] ?? expect.fail(), steps, dependencies);

describe("what a value that is not known waits for", () => {
  it("is what it is worked out from, where that changes", () => {
    const steps = [step("storage", unknown, "update"), step("key", {}, "replace"), step("region", {})];
    expect(waits(steps, { storage: { secret: ["key", "region"] } })).toEqual(["C key"]);
  });

  it("is not what another property is worked out from", () => {
    const steps = [step("storage", { ...unknown, name: "a" }, "update"), step("key", {}, "replace")];
    expect(waits(steps, { storage: { name: ["key"] } })).toEqual([]);
  });

  it("is what is at the root of it, not what waits itself", () => {
    const steps = [step("storage", unknown, "update"), step("user", unknown, "update"), step("key", {}, "replace")];
    expect(waits(steps, { storage: { secret: ["user"] }, user: { secret: ["key"] } })).toEqual(["C key"]);
  });

  it("stands deep in a value as well, once, and a circle ends", () => {
    const deep = { list: [{ text: `http://${UNKNOWN}/x` }] };
    const steps = [step("a", deep, "update"), step("b", deep, "update"), step("c", {}, "create")];
    const dependencies = { a: { list: ["b", "c"] }, b: { list: ["a", "c"] } };
    expect(waits(steps, dependencies)).toEqual(["C c"]);
  });

  it("is nothing that anybody names where the state does not tell", () => {
    expect(waits([step("a", unknown, "update")], {})).toEqual([]);
  });
});
