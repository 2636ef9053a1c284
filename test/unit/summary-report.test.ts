import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { summaryText } from "../../automation/report/summary.ts";
import { chooseVersions, type VersionTable, type VersionWish } from "../../components/charts/versions.ts";
import { CLEARML_VERSIONS, clearmlWish } from "../../components/clearml/versions.ts";
import { CVAT_VERSIONS, cvatWish } from "../../components/cvat/versions.ts";

function chosen<Part extends string>(table: VersionTable<Part>, wish: VersionWish<Part>) {
  const choice = chooseVersions(table, wish);
  return "chosen" in choice ? choice.chosen : expect.fail("these versions are refused");
}

const cvat = (version: string) => ({
  versions: chosen(CVAT_VERSIONS, cvatWish({ version, images: {}, allowUnknownVersions: true })),
});
const clearml = (tag?: string) => ({
  versions: chosen(CLEARML_VERSIONS, clearmlWish({ version: "7.14.7", image: { tag }, allowUnknownVersions: true })),
});

/** The lines of a rehearsal's summary. */
function linesOf(over: { outputs?: Record<string, unknown>; counts?: Record<string, number> }): string[] {
  const text = summaryText({
    stack: "homelab",
    counts: {},
    milliseconds: 1000,
    objects: {},
    charts: [{ name: "cvat", note: "as locked" }],
    standIns: [],
    ledger: [],
    outputs: {},
    ...over,
  });
  return stripVTControlCharacters(text).split("\n");
}

/** The line on versions nobody tried. */
const untriedLine = (outputs: Record<string, unknown>) => linesOf({ outputs }).find((line) => line.includes("nobody"));

it("the summary of a rehearsal says what the run changed, as a kept one is run again to see", () => {
  const counts = { create: 1, update: 3, delete: 2, same: 199 };
  expect(linesOf({ counts })[1]).toBe("1 created, 3 updated, 2 deleted, 199 unchanged in the stack");
});

it.each<[string, Record<string, unknown>, string | undefined]>([
  ["known sets", { cvat: cvat("2.64.0"), clearml: clearml() }, undefined],
  ["nothing installed", {}, undefined],
  [
    "an unknown release",
    { cvat: cvat("2.63.0"), clearml: clearml() },
    "  versions nobody is known to have tried: CVAT 2.63.0 (chart 2.63.0, server 2.63.0, ui 2.63.0)",
  ],
  [
    "two of them",
    { cvat: cvat("2.63.0"), clearml: clearml("2.3.0") },
    "  versions nobody is known to have tried: CVAT 2.63.0 (chart 2.63.0, server 2.63.0, ui 2.63.0); " +
      "ClearML 7.14.7 (chart 7.14.7, server 2.3.0, agent 5.3.3)",
  ],
])("the summary of a rehearsal names versions allowed on purpose: %s", (_, outputs, expected) =>
  expect(untriedLine(outputs)).toBe(expected),
);
