import { describe, expect, it } from "vitest";
import { holders } from "../../automation/drift/by-managers.ts";
import { classify } from "../../automation/drift/classify.ts";
import { departuresOf, pathText } from "../../automation/drift/departures.ts";
import { driftMarkdown } from "../../automation/drift/report.ts";
import { appliedOf, reversalOf } from "../../automation/drift/repair-object.ts";
import { driftText, verdictOf } from "../../automation/drift/words.ts";
import { withoutDanger } from "../../automation/engine/observed.ts";

const URN =
  "urn:pulumi:lab::vision-platform::vision-platform:cvat:Cvat$kubernetes:apps/v1:Deployment::cvat:cvat/server";
const TYPE = "kubernetes:apps/v1:Deployment";
const OURS = { manager: "vision-platform", operation: "Apply", time: "2026-11-29T10:00:00Z" };
const KUBECTL = { manager: "kubectl-set", operation: "Update", time: "2026-11-30T09:00:00Z" };

type Object = Record<string, unknown>;

const observed = (before: Object, after: Object, more: object = {}) => ({
  urn: URN,
  type: TYPE,
  kind: "Deployment",
  name: "cvat:cvat/server",
  short: "server",
  system: "CVAT",
  isGone: false,
  before: { inputs: {}, outputs: before },
  after: { inputs: {}, outputs: after },
  ...more,
});

const judged = (before: Object, after: Object, more: object = {}) =>
  classify({
    stack: "lab",
    resources: [{ urn: URN, type: TYPE, namespace: "cvat" }],
    read: { observed: [observed(before, after, more)], unread: new Map() },
    missing: new Set(),
    left: new Map(),
    lost: new Set(),
    accidents: [],
  });

const nothingRead = { observed: [], unread: new Map<string, string>() };
const looked = {
  stack: "lab",
  resources: [{ urn: URN, type: TYPE, namespace: "cvat" }],
  read: nothingRead,
  missing: new Set<string>(),
  left: new Map<string, string>(),
  lost: new Set<string>(),
  accidents: [],
};

describe("what was not looked at", () => {
  it("is never gone: no event, an error, and what was left out each say why", () => {
    const none = classify(looked);
    expect(none).toMatchObject({ checked: 0, gone: [], unchecked: [{ objects: ["Deployment server"] }] });
    expect(verdictOf(none)).toBe("Nothing could be checked. 1 was not checked.");
    const failed = classify({ ...looked, read: { observed: [], unread: new Map([[URN, "connection refused"]]) } });
    expect(failed.unchecked).toEqual([{ reason: "connection refused", objects: ["Deployment server"] }]);
    const left = classify({ ...looked, left: new Map([[URN, "no API server"]]) });
    expect(left.unchecked).toEqual([{ reason: "no API server", objects: ["Deployment server"] }]);
  });

  it("is told without the plugin's advice that would drop the lab from the state", () => {
    const told =
      "configured Kubernetes cluster is unreachable: dial tcp 127.0.0.1:6443: connect: connection refused. If the cluster was deleted, you can edit the pulumi state to remove this resource or retry with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to true";
    expect(withoutDanger(told)).not.toMatch(/DELETE_UNREACHABLE/);
    expect(withoutDanger(told)).toMatch(/connection refused/);
  });
});

describe("two lists", () => {
  it("are compared item by item where items have names, wherever they stand", () => {
    const env = (...names: string[]) => ({ env: names.map((name) => ({ name, value: "1" })) });
    const found = departuresOf(env("A", "B"), env("DEBUG", "A", "B"));
    expect(found.map(({ parts }) => pathText(parts))).toEqual(["env[DEBUG]"]);
  });

  it("are one value where they have none", () => {
    expect(departuresOf({ args: ["a"] }, { args: ["b", "a"] }).map(({ parts }) => pathText(parts))).toEqual(["args"]);
  });
});

describe("who holds a field", () => {
  it("holds all that is in it, where it is set as a whole", () => {
    const entry = { ...KUBECTL, fieldsV1: { "f:spec": { "f:selector": {}, "f:replicas": {} } } };
    expect(holders([entry], ["spec", "selector", "app"])).toEqual([entry]);
    expect(holders([entry], ["spec", "template"])).toEqual([]);
  });
});

describe("an object goes back", () => {
  const former = { metadata: { resourceVersion: "1", labels: { app: "cvat" } }, spec: { replicas: 1 } };
  const applied = { metadata: { labels: { app: "cvat" } }, spec: { replicas: 1 } };

  it("by an apply where our fields differ, and by a patch of just what others added", () => {
    const live = {
      metadata: { resourceVersion: "7", labels: { app: "cvat", "a/b": "x", c: "y" } },
      spec: { replicas: 3 },
    };
    const paths = new Set(['metadata.labels["a/b"]', "spec.replicas"]);
    expect(reversalOf(former, live, applied, paths)).toEqual({
      // Not the label that was not shown.
      patch: [
        { op: "test", path: "/metadata/resourceVersion", value: "7" },
        { op: "remove", path: "/metadata/labels/a~1b" },
      ],
      applies: true,
    });
  });

  it("with what nobody applied as it was", () => {
    const [was, is] = [
      { spec: { nodePort: 30001 } },
      { metadata: { resourceVersion: "2" }, spec: { nodePort: 30005 } },
    ];
    const { patch, applies } = reversalOf(was, is, {}, new Set(["spec.nodePort"]));
    expect(patch?.at(-1)).toEqual({ op: "replace", path: "/spec/nodePort", value: 30001 });
    expect(applies).toBe(false);
  });

  it("of lists by their places, the last first", () => {
    const live = {
      metadata: { resourceVersion: "2" },
      env: ["X", "A", "Y"].map((name) => ({ name, value: "1" })),
    };
    const { patch } = reversalOf({ env: [{ name: "A", value: "1" }] }, live, {}, new Set(["env[X]", "env[Y]"]));
    expect(patch?.slice(1).map(({ path }) => path)).toEqual(["/env/2", "/env/0"]);
  });

  it("a Secret by its data", () => {
    expect(appliedOf({ stringData: { a: "b" }, data: { c: "ZA==" }, kind: "Secret" })).toEqual({
      kind: "Secret",
      data: { a: "Yg==", c: "ZA==" },
    });
  });
});

describe("the words", () => {
  const found = () => {
    const before = { metadata: { managedFields: [OURS] }, spec: {} };
    const after = {
      metadata: { managedFields: [OURS, { ...KUBECTL, fieldsV1: { "f:spec": { "f:paused": {} } } }] },
      spec: { paused: "</details> @everyone | `x`" },
    };
    return judged(before, after);
  };

  it("name who did it and when, and the verdict comes first", () => {
    const text = driftText(found());
    expect(text.split("\n")[0]).toBe("Drift: 1 changed (by kubectl-set), of 1 that were checked.");
    expect(text).toMatch(/Deployment cvat\/server +spec\.paused .*kubectl-set, 2026-11-30T09:00:00Z/);
  });

  it("stand in a report as they are, close nothing and call nobody", () => {
    const text = driftMarkdown(found());
    expect(text).toMatch(/^## Drift of lab\n\n\*\*Drift: 1 changed/);
    // What stands outside of code is marked up nowhere.
    expect(text.replace(/`[^\n]*`/g, "")).not.toContain("</details>");
    expect(text.replace(/`[^\n]*`/g, "")).not.toContain("@everyone");
    expect(driftMarkdown(found(), { characters: 1_200 }).length).toBeLessThanOrEqual(1_200);
  });

  it("hide what a person typed under the name of a secret", () => {
    const item = { name: "DB_PASSWORD", value: "hunter2-in-clear" };
    const after = {
      metadata: { managedFields: [{ ...KUBECTL, fieldsV1: { "f:env": { 'k:{"name":"DB_PASSWORD"}': {} } } }] },
      env: [item],
    };
    expect(JSON.stringify(judged({ metadata: {}, env: [] }, after))).toContain("[secret]");
    for (const before of [{ metadata: {}, env: [] }, { metadata: {} }, { metadata: {}, env: [{ ...item, value: "" }] }])
      expect(driftText(judged(before, after))).not.toContain("hunter2");
  });
});
