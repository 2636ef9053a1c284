import { expect, it } from "vitest";
import { outputsText, placesText } from "../../automation/report/places.ts";

const OUTPUTS = {
  cvat: {
    url: "http://192.0.2.20",
    analyticsUrl: "http://192.0.2.20/analytics",
    namespace: "cvat",
    versions: { chart: "2.64.0" },
  },
  clearml: {
    webUrl: "http://192.0.2.40",
    apiUrl: "http://192.0.2.41",
    filesUrl: "http://192.0.2.42",
    namespace: "clearml",
    users: ["admin"],
  },
  ledger: [{ id: "a" }],
  secrets: "[secret]",
};

it("shows where everything is, system by system", () => {
  const rows = placesText(OUTPUTS)
    .split("\n")
    .filter((line) => line.includes("192.0.2"))
    .map((line) =>
      line
        .split(/ {2,}/)
        .map((cell) => cell.trim())
        .filter(Boolean),
    );
  expect(rows).toEqual([
    ["CVAT", "http://192.0.2.20", "cvat"],
    ["Grafana", "http://192.0.2.20/analytics", "cvat"],
    ["ClearML", "http://192.0.2.40", "clearml"],
    ["ClearML API", "http://192.0.2.41", "clearml"],
    ["ClearML files", "http://192.0.2.42", "clearml"],
  ]);
});

it.each<[string, Record<string, unknown>, string[]]>([
  ["no ClearML", { cvat: OUTPUTS.cvat }, ["CVAT", "Grafana"]],
  ["no analytics", { cvat: { url: "http://x", namespace: "cvat" } }, ["CVAT"]],
  ["nothing", {}, []],
])("leaves out what is not there: %s", (_, outputs, names) => {
  const shown = ["CVAT", "Grafana", "ClearML"].filter((name) => placesText(outputs).includes(name));
  expect(shown).toEqual(names);
});

it("shows every output but the ledger as a path and a value, in columns", () => {
  const lines = outputsText({
    ...OUTPUTS,
    clearml: { webUrl: "w", users: ["admin"], port: 80, on: true, none: undefined },
  });
  expect(lines.split("\n")).toEqual([
    "cvat.url             http://192.0.2.20",
    "cvat.analyticsUrl    http://192.0.2.20/analytics",
    "cvat.namespace       cvat",
    "cvat.versions.chart  2.64.0",
    "clearml.webUrl       w",
    "clearml.users.0      admin",
    "clearml.port         80",
    "clearml.on           true",
    "secrets              [secret]",
  ]);
  expect(outputsText({})).toBe("");
});
