import { describe, expect, it } from "vitest";
import type { Change, FieldChange, Operation } from "../../automation/engine/changes.ts";
import { changesText, previewReport } from "../../automation/report/preview.ts";
import { warningsText } from "../../automation/report/warnings.ts";
import type { LedgerRow } from "../../components/charts/ledger.ts";

const change = (
  operation: Operation,
  kind: string,
  short: string,
  fields: FieldChange[] = [],
  system = "CVAT",
): Change => ({
  urn: short,
  type: `kubernetes:apps/v1:${kind}`,
  kind,
  name: short,
  short,
  system,
  operation,
  fields,
});
const row = (more: Partial<LedgerRow>): LedgerRow => ({
  chart: "cvat",
  id: "ports",
  outcome: "applied",
  objects: ["Service/ui"],
  why: "It listens elsewhere.",
  source: "s",
  ...more,
});
const report = (changes: Change[], ledger: LedgerRow[] = [], warnings: string[] = []) =>
  previewReport(
    "homelab",
    { changes, counts: { update: 1, same: 116 }, ledger: [], warnings, milliseconds: 1 },
    ledger,
  );

describe("the Markdown report of a preview", () => {
  it("has the counts, each system's objects by kind and name, and the fixes", () => {
    const text = report(
      [
        change("update", "Service", "b", [{ path: "spec.port", before: 80, after: 8000 }]),
        change("create", "Service", "a"),
        change("replace", "Job", "init"),
        change("keep", "PersistentVolumeClaim", "data", [], "ClearML"),
        { ...change("create", "Cvat", "cvat"), type: "vision-platform:cvat:Cvat" },
        { ...change("create", "Stack", "homelab"), type: "pulumi:pulumi:Stack" },
      ],
      [row({ id: "z", outcome: "not matched", objects: [] }), row({})],
      ["A warning"],
    );
    expect(text).toBe(
      [
        "## Preview of homelab",
        "",
        "1 to update, 116 unchanged.",
        "",
        "### CVAT",
        "",
        "- `±` replace **Job** `init`",
        "- `+` create **Service** `a`",
        "- `~` update **Service** `b`",
        "  - `spec.port: 80 -> 8000`",
        "",
        "### ClearML",
        "",
        "- `=` keep **PersistentVolumeClaim** `data`",
        "",
        "### Warnings",
        "",
        "- A warning",
        "",
        "### Fixes",
        "",
        "| chart | fix | outcome | objects | why |",
        "| --- | --- | --- | --- | --- |",
        "| cvat | ports | applied | Service/ui | It listens elsewhere. |",
        "| cvat | z | not matched |  | It listens elsewhere. |",
        "",
      ].join("\n"),
    );
  });

  it.each<[string, FieldChange, string]>([
    ["added", { path: "a", after: { b: [1] } }, '- `a: + {"b":[1]}`'],
    ["removed", { path: "a", before: "x" }, "- `a: - x`"],
    ["secret", { path: "data.p", before: "[secret]", after: "[secret]" }, "- `data.p: [secret] -> [secret]`"],
    [
      "known after the run",
      { path: "a", before: "x", after: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
      "- `a: x -> (known after up)`",
    ],
    ["of several lines", { path: "a", before: "x\r\ny", after: "z" }, "- `a: x\\r\\ny -> z`"],
    ["with backticks", { path: "a", before: "`x`", after: "<b>|</b>" }, "- `a: 'x' -> <b>|</b>`"],
    ["long", { path: "a", before: "x".repeat(500), after: 1 }, `- \`a: ${"x".repeat(160)}… -> 1\``],
    ["off", { path: "a", before: true, after: null }, "- `a: true -> null`"],
  ])("a field that is %s", (_, field, line) => {
    expect(report([change("update", "Service", "a", [field])])).toContain(`\n  ${line}\n`);
  });

  it("lets no text of a chart or a warning be taken for Markdown or HTML", () => {
    const evil = "a | b `c` <script> &amp;\n  d";
    const text = report([], [row({ why: evil, objects: [evil] })], [evil]);
    const safe = "a | b \\`c\\` &lt;script> &amp;amp; d";
    expect(text).toContain(`\n- ${safe}\n`);
    expect(text).toContain(`| ${safe.replace("|", "\\|")} | ${safe.replace("|", "\\|")} |\n`);
    expect(
      text
        .trimEnd()
        .split("\n")
        .at(-1)
        ?.match(/(?<!\\)\|/g),
    ).toHaveLength(6);
  });

  it("says so when nothing changes", () => {
    const outcome = { changes: [], counts: {}, ledger: [], warnings: [], milliseconds: 1 };
    expect(previewReport("homelab", outcome, [])).toBe("## Preview of homelab\n\nNothing.\n");
  });
});

it("shows the same changes on a terminal", () => {
  const text = changesText([
    change("update", "Service", "b", [{ path: "spec.port", before: 80, after: 8000 }]),
    change("delete", "Deployment", "a", [], "ClearML"),
  ]);
  expect(text.split("\n")).toEqual([
    "CVAT",
    "  ~ Service b",
    "      spec.port: 80 -> 8000",
    "ClearML",
    "  - Deployment a",
  ]);
  expect(changesText([])).toBe("");
});

it("says warnings in the text too, each by itself", () => {
  expect(warningsText([])).toBe("");
  expect(warningsText(["one\ntwo", "three"])).toBe("Warning: one\n  two\nWarning: three");
});
