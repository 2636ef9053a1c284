import type { EngineEvent, OpType } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, it } from "vitest";
import { changesIn, valueAt } from "../../automation/engine/changes.ts";

const PARENTS = "vision-platform:index:VisionPlatform$vision-platform:cvat:Cvat";
const urn = (type: string, name: string) => `urn:pulumi:homelab::vision-platform::${PARENTS}$${type}::${name}`;
const DEPLOYMENT = urn("kubernetes:apps/v1:Deployment", "cvat:cvat/cvat-frontend");
const SECRET = urn("kubernetes:core/v1:Secret", "cvat-secret-redis");
const JOB = urn("kubernetes:batch/v1:Job", "cvat:cvat/cvat-backend-initializer");

function step(op: OpType, at: string, more: object = {}): EngineEvent {
  const metadata = { op, urn: at, type: at.split("::")[2]?.split("$").at(-1) ?? "", provider: "", ...more };
  return { sequence: 1, timestamp: 1, resourcePreEvent: { metadata: metadata, planning: true } };
}
const state = (inputs: object, more: object = {}) => ({ id: "x", parent: "", inputs, outputs: {}, ...more });
const image = (tag: string) => ({ spec: { template: { spec: { containers: [{ image: `cvat/ui:${tag}` }] } } } });

describe("what a run does to resources", () => {
  it("an update, with its fields before and after", () => {
    const path = "spec.template.spec.containers[0].image";
    const [change, ...more] = changesIn([
      step("same", JOB),
      step("update", DEPLOYMENT, {
        old: state(image("v1")),
        new: state(image("v2")),
        diffs: ["spec"],
        detailedDiff: { [path]: { diffKind: "update", inputDiff: true } },
      }),
    ]);
    expect(more).toEqual([]);
    expect(change).toEqual({
      urn: DEPLOYMENT,
      type: "kubernetes:apps/v1:Deployment",
      kind: "Deployment",
      name: "cvat:cvat/cvat-frontend",
      short: "cvat-frontend",
      system: "CVAT",
      operation: "update",
      fields: [{ path, before: "cvat/ui:v1", after: "cvat/ui:v2" }],
    });
  });

  it("nothing to what only waits", () => {
    const gate = urn("vision-platform:charts:ChartInstall$vision-platform:readiness:Gate", "cvat-ready");
    const proof = urn("vision-platform:cvat:RegistrationProof", "cvat-registration-proof");
    expect(changesIn([step("update", gate), step("create", proof)])).toEqual([]);
  });

  it("an update of a secret, whose envelope nobody wants to read", () => {
    const envelope = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: "[secret]",
    };
    const [change] = changesIn([
      step("update", DEPLOYMENT, { old: state({ a: envelope }), new: state({ a: [envelope] }), diffs: ["a"] }),
    ]);
    expect(change?.fields).toEqual([{ path: "a", before: "[secret]", after: ["[secret]"] }]);
  });

  it.each<[string, object, object]>([
    ["as the engine hides it whole", { stringData: "[secret]" }, { data: "[secret]" }],
    ["key by key", { stringData: { password: "[secret]" } }, { data: { password: "[secret]" } }],
    ["without any value", {}, {}],
  ])("a password of a Secret, which is given as stringData and compared as data: %s", (_, inputs, outputs) => {
    const diff = (diffKind: string) => ({ diffKind, inputDiff: true });
    const [change] = changesIn([
      step("replace", SECRET, {
        old: state(inputs, { outputs }),
        new: state(inputs),
        detailedDiff: {
          "data.password": diff("update-replace"),
          "data.added": diff("add"),
          "data.gone": diff("delete"),
        },
      }),
    ]);
    expect(change?.fields).toEqual([
      { path: "data.added", before: undefined, after: "[secret]" },
      { path: "data.gone", before: "[secret]", after: undefined },
      { path: "data.password", before: "[secret]", after: "[secret]" },
    ]);
  });

  describe("of the object store, as the real plugin of MinIO tells them", () => {
    const LIFECYCLE = urn("minio:index/ilmPolicy:IlmPolicy", "cvat");
    const USER = urn("minio:index/iamUser:IamUser", "cvat");
    const diff = (diffKind: string) => ({ diffKind, inputDiff: false });
    const rules = (expiration: string, more: object = {}) => ({
      __defaults: [],
      bucket: "cvat",
      rules: [{ __defaults: [], expiration, filter: "exports/", id: "exports", ...more }],
    });
    const fieldsOf = (at: string, old: object, news: object, detailedDiff: object) =>
      changesIn([step("update", at, { old: state(old), new: state(news), detailedDiff })])[0]?.fields;

    it("only what changed, and not the fields without a value that come along", () => {
      const fields = fieldsOf(LIFECYCLE, rules("30d"), rules("60d"), {
        "rules[0].expiration": diff("update"),
        "rules[0].tags": diff("update"),
        "rules[0].__defaults": diff("add"),
        __defaults: diff("update"),
        __pulumi_raw_state_delta: diff("update"),
      });
      expect(fields).toEqual([{ path: "rules[0].expiration", before: "30d", after: "60d" }]);
    });

    it("tags that are empty and given as nothing are no change; tags that are given are", () => {
      const detailedDiff = { "rules[0].tags": diff("update") };
      expect(fieldsOf(LIFECYCLE, rules("30d", { tags: "" }), rules("30d", { tags: null }), detailedDiff)).toEqual([]);
      expect(fieldsOf(LIFECYCLE, rules("30d", { tags: {} }), rules("30d", { tags: { a: "b" } }), detailedDiff)).toEqual(
        [{ path: "rules[0].tags", before: {}, after: { a: "b" } }],
      );
    });

    it("a rule that is added, without what the SDK notes of it", () => {
      const fields = fieldsOf(LIFECYCLE, { rules: [] }, rules("30d"), { "rules[0]": diff("add") });
      expect(fields).toEqual([
        { path: "rules[0]", before: undefined, after: { expiration: "30d", filter: "exports/", id: "exports" } },
      ]);
    });

    it("a key that is rotated, of which nothing can be shown", () => {
      const hidden = { secret: "[secret]" };
      const fields = fieldsOf(USER, hidden, hidden, { secret: diff("update"), __defaults: diff("update") });
      expect(fields).toEqual([{ path: "secret", before: "[secret]", after: "[secret]" }]);
    });
  });

  it("a field that only the provider has", () => {
    const [change] = changesIn([
      step("update", DEPLOYMENT, {
        old: state({}, { outputs: { spec: { days: 1 } } }),
        new: state({}, { outputs: { spec: { days: 2 } } }),
        diffs: ["spec.days"],
      }),
    ]);
    expect(change?.fields).toEqual([{ path: "spec.days", before: 1, after: 2 }]);
  });

  const replaced = {
    old: state({ spec: { completions: 1 } }),
    new: state({ spec: { completions: 2 } }),
    keys: ["spec"],
    detailedDiff: { "spec.completions": { diffKind: "update-replace", inputDiff: true } },
  };
  it.each<[string, OpType[]]>([
    ["creates first", ["create-replacement", "replace", "delete-replaced"]],
    ["deletes first", ["delete-replaced", "replace", "create-replacement"]],
  ])("a replace that %s is one change", (_, ops) => {
    const changes = changesIn(ops.map((op) => step(op, JOB, replaced)));
    expect(changes.map(({ operation, short, fields }) => [operation, short, fields])).toEqual([
      ["replace", "cvat-backend-initializer", [{ path: "spec.completions", before: 1, after: 2 }]],
    ]);
  });

  it.each<[OpType, object, string | undefined]>([
    ["create", { new: state({ a: 1 }) }, "create"],
    ["delete", { old: state({}) }, "delete"],
    ["delete", { old: state({}, { retainOnDelete: true }) }, "keep"],
    ["import", { new: state({}) }, "import"],
    ["discard", { old: state({}) }, "keep"],
    ["same", { old: state({}), new: state({}) }, undefined],
    ["read", { new: state({}) }, undefined],
    ["refresh", { old: state({}), new: state({}) }, undefined],
    ["delete-replaced", { old: state({}) }, undefined],
  ])("%s %j: %s", (op, more, operation) => {
    expect(changesIn([step(op, JOB, more)]).map((change) => change.operation)).toEqual(operation ? [operation] : []);
  });

  it("fields by their top keys where the plugin says no more, sorted", () => {
    const [change] = changesIn([
      step("update", JOB, { old: state({ a: 1, b: 2 }), new: state({ a: 3 }), diffs: ["b", "a"] }),
    ]);
    expect(change?.fields).toEqual([
      { path: "a", before: 1, after: 3 },
      { path: "b", before: 2, after: undefined },
    ]);
  });

  it("leaves out what only tells the plugin how to apply it", () => {
    const named = { metadata: { annotations: { "pulumi.com/patchFieldManager": "vision-platform" } } };
    const paths = ["patchFieldManager", "patchForce"].map((key) => `metadata.annotations["pulumi.com/${key}"]`);
    const [change] = changesIn([step("update", JOB, { old: state({}), new: state(named), diffs: paths })]);
    expect(change?.fields.map(({ path }) => path)).toEqual([paths[0]]);

    const first = { metadata: { annotations: { a: "b", "pulumi.com/patchForce": "true" } } };
    const [whole] = changesIn([step("update", JOB, { old: state({}), new: state(first), diffs: ["metadata"] })]);
    expect(whole?.fields[0]?.after).toEqual({ annotations: { a: "b" } });
  });

  it("leaves events that are about no step", () => {
    expect(
      changesIn([{ sequence: 1, timestamp: 1, diagnosticEvent: { message: "x", color: "never", severity: "info" } }]),
    ).toEqual([]);
  });
});

describe("a value at a path of the engine", () => {
  const root = {
    metadata: { annotations: { "pulumi.com/patchForce": "true", 'a"b': 1, "x[0]": 2 }, labels: { app: "cvat" } },
    list: [{ a: [10, 20] }],
    data: "[secret]",
    "checksum/config": 3,
  };
  it.each<[string, unknown]>([
    ["metadata.labels.app", "cvat"],
    ['metadata.annotations["pulumi.com/patchForce"]', "true"],
    ['metadata.annotations["a\\"b"]', 1],
    ['metadata.annotations["x[0]"]', 2],
    ["list[0].a[1]", 20],
    ["checksum/config", 3],
    ["data.password", "[secret]"],
    ['data["tls.crt"]', "[secret]"],
    ["list[1].a", undefined],
    ["metadata.labels.app.more", undefined],
    ["nothing.there", undefined],
  ])("%s", (path, value) => expect(valueAt(root, path)).toEqual(value));
  it("of nothing is nothing", () => expect(valueAt(undefined, "a.b")).toBeUndefined());
});
