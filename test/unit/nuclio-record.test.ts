import { expect, it } from "vitest";
import { record } from "../../components/nuclio/records/function.ts";
import { object } from "./nuclio-fixtures.ts";

const INPUTS = { connection: { namespace: "cvat" }, function: object(), runtimeClass: "", readyMs: 1000, buildMs: 0 };
const OUTS = { ...INPUTS, image: "registry.example/vision/helmets:1.0.0", runtimeClassBy: "none", drift: [] };

/** What the engine hands over in the place of an input that is not known. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

it("takes a function that is not known for a changed one, not for another", () => {
  expect(record.diff(OUTS, { ...INPUTS, function: UNKNOWN as never })).toEqual({ changes: true });
  expect(record.diff(OUTS, { ...INPUTS, function: object({ image: "other:1" }) })).toEqual({ changes: true });
  expect(record.diff(OUTS, INPUTS)).toEqual({ changes: false });
});
