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

/** The line of a rehearsal's summary on versions nobody tried. */
function untriedLine(outputs: Record<string, unknown>): string | undefined {
  const text = summaryText({
    stack: "homelab",
    counts: {},
    milliseconds: 1000,
    objects: {},
    charts: [{ name: "cvat", note: "as locked" }],
    standIns: [],
    ledger: [],
    outputs,
  });
  return stripVTControlCharacters(text)
    .split("\n")
    .find((line) => line.includes("nobody"));
}

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
