import { expect, it } from "vitest";
import { kind } from "../../components/nuclio/records/function.ts";
import { object } from "./nuclio-fixtures.ts";
import { newRun, within } from "./run.ts";

const CONNECTION = { namespace: "cvat" };
const INPUTS = { connection: CONNECTION, function: object(), runtimeClass: "", readyMs: 1000, buildMs: 0 };
const OUTS = { ...INPUTS, image: "registry.example/vision/helmets:1.0.0", runtimeClassBy: "none", drift: [] };
const { diff } = within(newRun(), kind);

it("changes with what is handed over, and with what a refresh or a look before the run found", async () => {
  const image = object({ image: "other:1" });
  expect(await diff(OUTS, INPUTS)).toEqual({ changed: [], replaces: [] });
  expect(await diff(OUTS, { ...INPUTS, function: image })).toEqual({ changed: ["function"], replaces: [] });
  expect(await diff({ ...OUTS, drift: ["spec.env"] }, INPUTS)).toEqual({ changed: ["drift"], replaces: [] });
  expect(await diff(OUTS, { ...INPUTS, seen: { finding: "gone" } })).toEqual({ changed: ["seen"], replaces: [] });
});

it("is made anew under another name, and in another namespace", async () => {
  const named = object();
  named.metadata.name = "other";
  expect((await diff(OUTS, { ...INPUTS, function: named })).replaces).toEqual(["function"]);
  expect((await diff(OUTS, { ...INPUTS, connection: { namespace: "lab" } })).replaces).toEqual(["connection"]);
});
