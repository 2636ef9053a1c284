import { expect, it } from "vitest";
import type { Change, FieldChange, Operation } from "../../automation/engine/changes.ts";
import { changesText } from "../../automation/report/changes-text.ts";
import { warningsText } from "../../automation/report/warnings.ts";
import { UNKNOWN } from "../../components/records/kind.ts";

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

it.each<[string, FieldChange, string]>([
  ["added", { path: "a", after: { b: [1] } }, 'a: + {"b":[1]}'],
  ["removed", { path: "a", before: "x" }, "a: - x"],
  ["secret", { path: "data.p", before: "[secret]", after: "[secret]" }, "data.p: [secret] -> [secret]"],
  ["known after the run", { path: "a", before: "x", after: UNKNOWN }, "a: x -> (known after up)"],
  ["of several lines", { path: "a", before: "x\r\ny", after: "z" }, "a: x\\r\\ny -> z"],
  ["long", { path: "a", before: "x".repeat(500), after: 1 }, `a: ${"x".repeat(160)}… -> 1`],
  ["off", { path: "a", before: true, after: null }, "a: true -> null"],
])("a field that is %s", (_, field, line) => {
  expect(changesText([change("update", "Service", "a", [field])])).toContain(`\n      ${line}`);
});

it("leaves out what has no state of its own", () => {
  const component = { ...change("create", "Cvat", "cvat"), type: "vision-platform:cvat:Cvat" };
  expect(changesText([component, { ...change("create", "Stack", "homelab"), type: "pulumi:pulumi:Stack" }])).toBe("");
});

it("changes are shown by system, kind and name", () => {
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
