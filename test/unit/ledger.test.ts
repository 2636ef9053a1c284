import { expect, it } from "vitest";
import { COMMON_FIXES } from "../../components/charts/common-fixes.ts";
import type { Fix } from "../../components/charts/fixes.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { Ledger } from "../../components/charts/ledger.ts";
import { ledgerTable, objectsText, sorted } from "../../automation/report/ledger.ts";

const object = (kind: string, name: string, extra: object = {}): RenderedObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name },
  ...extra,
});

const port = (id: string, kind: string): Fix => ({
  id,
  why: `${kind} listens on 80.`,
  source: "somewhere",
  matches: (it) => it.kind === kind,
  stillNeeded: (it) => it["port"] === 80,
  apply: (it) => (it["port"] = 8000),
});

it("says of each fix whether it was applied, already right or not matched, and with which objects", () => {
  const ledger = new Ledger("cvat", [port("a", "Service"), port("b", "Deployment"), port("c", "Job")]);
  const objects = [
    object("Service", "z", { port: 80 }),
    object("Service", "a", { port: 80 }),
    object("Service", "right", { port: 8000 }),
    object("Deployment", "d", { port: 8000 }),
    object("ConfigMap", "m"),
  ];
  expect(objects.map((it) => ledger.fix(it))).toEqual([true, true, false, false, false]);
  expect(objects.map((it) => it["port"])).toEqual([8000, 8000, 8000, 8000, undefined]);
  expect(ledger.rows().map(({ chart, id, outcome, objects: labels }) => [chart, id, outcome, labels])).toEqual([
    ["cvat", "a", "applied", ["Service/a", "Service/z"]],
    ["cvat", "b", "already right", ["Deployment/d"]],
    ["cvat", "c", "not matched", []],
  ]);
  expect(ledger.rows()[0]).toMatchObject({ why: "Service listens on 80.", source: "somewhere" });
});

it("applies fixes in table order, each to what the one before left", () => {
  const twice: Fix = {
    ...port("second", "Service"),
    stillNeeded: (it) => it["port"] === 8000,
    apply: (it) => (it["port"] = 9000),
  };
  const service = object("Service", "s", { port: 80 });
  expect(new Ledger("c", [port("first", "Service"), twice]).fix(service)).toBe(true);
  expect(service["port"]).toBe(9000);
});

it("keeps one account for one object that is rendered again", () => {
  const ledger = new Ledger("c", [port("a", "Service")]);
  ledger.fix(object("Service", "s", { port: 80 }));
  ledger.fix(object("Service", "s", { port: 80 }));
  expect(ledger.rows()[0]?.objects).toEqual(["Service/s"]);
});

it.each<[string, RenderedObject, boolean, object]>([
  ["empty rules of a role are dropped", object("Role", "r", { rules: [] }), true, object("Role", "r")],
  ["of a cluster role too", object("ClusterRole", "r", { rules: [] }), true, object("ClusterRole", "r")],
  [
    "rules stay",
    object("Role", "r", { rules: [{ verbs: ["get"] }] }),
    false,
    object("Role", "r", { rules: [{ verbs: ["get"] }] }),
  ],
  ["a role without stays", object("Role", "r"), false, object("Role", "r")],
  ["a binding is no role", object("RoleBinding", "r", { rules: [] }), false, object("RoleBinding", "r", { rules: [] })],
])("common fixes: %s", (_, role, changed, after) => {
  expect(new Ledger("c", COMMON_FIXES).fix(role)).toBe(changed);
  expect(role).toEqual(after);
});

it("shows what was changed first, chart by chart as declared", () => {
  const row = (chart: string, id: string, outcome: "applied" | "already right" | "not matched") => ({
    chart,
    id,
    outcome,
    objects: [],
    why: "",
    source: "",
  });
  const rows = [
    row("cvat", "1", "not matched"),
    row("cvat", "2", "applied"),
    row("clearml", "3", "applied"),
    row("cvat", "4", "already right"),
    row("cvat", "5", "applied"),
  ];
  expect(sorted(rows).map(({ id }) => id)).toEqual(["3", "2", "5", "4", "1"]);
  const lines = ledgerTable(rows).split("\n");
  expect(lines.findIndex((line) => line.includes("not matched"))).toBeGreaterThan(
    lines.findIndex((line) => line.includes("already right")),
  );
});

it.each([
  [[], ""],
  [["A/a"], "A/a"],
  [["A/a", "B/b", "C/c"], "A/a, B/b, C/c"],
  [["A/a", "B/b", "C/c", "D/d", "E/e"], "A/a, B/b, C/c, and 2 more"],
])("names objects: %j", (objects, text) => expect(objectsText(objects)).toBe(text));
