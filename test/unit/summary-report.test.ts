import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { summaryText, type Summary } from "../../automation/report/summary.ts";

/** The lines of a rehearsal's summary. */
function linesOf(over: Partial<Summary>): string[] {
  const text = summaryText({
    stack: "homelab",
    counts: {},
    milliseconds: 1000,
    objects: {},
    charts: [{ name: "cvat", note: "as locked" }],
    assumed: [],
    standIns: [],
    ledger: [],
    warnings: [],
    outputs: {},
    ...over,
  });
  return stripVTControlCharacters(text).split("\n");
}

it("the summary of a rehearsal says what the run changed, as a kept one is run again to see", () => {
  const counts = { create: 1, update: 3, delete: 2, same: 199 };
  expect(linesOf({ counts })[1]).toBe("1 created, 3 updated, 2 deleted, 199 unchanged in the stack");
});

it("the summary of a rehearsal has the warnings of its run, each once", () => {
  expect(linesOf({})).not.toContain("Warnings");
  const lines = linesOf({ warnings: ["tasks: wait", "one\ntwo"] });
  expect(lines.slice(lines.indexOf("Warnings"), lines.indexOf("Fixes"))).toEqual([
    "Warnings",
    "  tasks: wait",
    "  one",
    "  two",
    "",
  ]);
});
