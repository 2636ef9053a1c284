import { expect, it } from "vitest";
import { kind } from "../../components/nuclio/records/function.ts";
import { differenceOf } from "../../provider/protocol/diff.ts";
import { UNKNOWN } from "../../components/records/kind.ts";
import type { AnyKind } from "../../provider/protocol/plugin.ts";
import { object } from "./nuclio-fixtures.ts";
import { newRun, within } from "./run.ts";

const INPUTS = { connection: { namespace: "cvat" }, function: object(), runtimeClass: "", readyMs: 1000, buildMs: 0 };
const OUTS = { ...INPUTS, image: "registry.example/vision/helmets:1.0.0", runtimeClassBy: "none", drift: [] };
const record = within(newRun(), kind);

it("takes a function that is not known for a changed one, not for another", async () => {
  const ofUnknown = differenceOf(kind as unknown as AnyKind, OUTS, { ...INPUTS, function: UNKNOWN }, newRun());
  expect(await ofUnknown).toEqual({ changed: ["function"], replaces: [] });
  const image = object({ image: "other:1" });
  expect(await record.diff(OUTS, { ...INPUTS, function: image })).toEqual({ changed: ["function"], replaces: [] });
  expect(await record.diff(OUTS, INPUTS)).toEqual({ changed: [], replaces: [] });
});
