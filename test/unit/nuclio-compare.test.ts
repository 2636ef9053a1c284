import { describe, expect, it } from "vitest";
import { differences, labelsDiffer } from "../../components/nuclio/compare.ts";
import { hasField, runtimeClassBy, type DeploymentView } from "../../components/nuclio/runtime-class.ts";
import { live, object } from "./nuclio-fixtures.ts";

const wanted = object({
  resources: { requests: { cpu: "0.5" }, limits: { memory: "1024Mi" } },
  env: { A: "1", B: "2" },
});

describe("a function against what Nuclio has", () => {
  it.each<[string, (fn: ReturnType<typeof live>) => void, string[]]>([
    ["the same", () => undefined, []],
    [
      "what Nuclio adds",
      (fn) => {
        Object.assign(fn.spec, { securityContext: {}, version: -1, imageHash: "1" });
        (fn.spec["triggers"] as Record<string, unknown>)["cron"] = {};
        fn.metadata.annotations = { ...fn.metadata.annotations, more: "1" };
      },
      [],
    ],
    [
      "quantities as Kubernetes writes them",
      (fn) =>
        Object.assign(fn.spec, { resources: { requests: { cpu: "500m", memory: "1Mi" }, limits: { memory: "1Gi" } } }),
      [],
    ],
    ["what Go leaves out", (fn) => delete fn.spec["nodeSelector"], []],
    ["variables in another order", (fn) => (fn.spec["env"] as unknown[]).reverse(), []],
    ["another image", (fn) => Object.assign(fn.spec, { image: "other:1" }), ["spec.image"]],
    ["a variable less", (fn) => (fn.spec["env"] as unknown[]).pop(), ["spec.env[B]"]],
    [
      "another annotation",
      (fn) => Object.assign(fn.metadata, { annotations: { ...fn.metadata.annotations, spec: "[]" } }),
      ["metadata.annotations.spec"],
    ],
    [
      "no annotations",
      (fn) => delete fn.metadata.annotations,
      ["metadata.annotations.name", "metadata.annotations.type", "metadata.annotations.spec"],
    ],
  ])("differs by nothing but what we say: %s", (_what, change, expected) => {
    const there = live(wanted, "ready");
    change(there);
    expect(differences(wanted, there)).toEqual(expected);
  });
});

describe("what Nuclio gives back in other words", () => {
  const requests = (amounts: object) => ({ resources: { requests: amounts } });
  const limits = (memory: string) => ({ resources: { limits: { memory } } });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["no requests", requests({ cpu: "0", memory: "0" }), requests({ cpu: "25m", memory: "1Mi" })],
    ["no requests said", {}, requests({ cpu: "25m", memory: "1Mi" })],
    ["half a gibibyte without its nought", limits(".5Gi"), limits("512Mi")],
    ["pebibytes", limits("1024Pi"), limits("1Ei")],
    ["parts of exbibytes", limits("0.5Ei"), limits("512Pi")],
    [
      "an empty value of a toleration",
      { tolerations: [{ key: "gpu", operator: "Equal", value: "" }] },
      { tolerations: [{ key: "gpu", operator: "Equal" }] },
    ],
    [
      "an empty key of a toleration",
      { tolerations: [{ key: "", operator: "Exists" }] },
      { tolerations: [{ operator: "Exists" }] },
    ],
    [
      "Equal, which is no operator",
      { tolerations: [{ key: "a", operator: "Equal" }] },
      { tolerations: [{ key: "a" }] },
    ],
    ["a runtime's version", { runtime: "python" }, { runtime: "python:3.9" }],
  ])("is no difference: %s", (_what, said, given) => {
    const ours = { ...wanted, spec: { ...wanted.spec, resources: {}, ...said } };
    const there = live(wanted, "ready");
    Object.assign(there.spec, { resources: {} }, given);
    expect(differences(ours, there)).toEqual([]);
  });

  it("is no difference: the field of a runtime class that this release has not", () => {
    const ours = object({ gpu: {} }, { hasField: undefined });
    const there = live(ours, "ready");
    delete there.spec.runtimeClassName;
    expect(differences(ours, there)).toEqual([]);
  });

  it("is a difference where texts are texts: a variable of 1024Mi is not one of 1Gi", () => {
    const ours = object({ env: { MEMORY: "1024Mi" } });
    expect(differences(ours, live(object({ env: { MEMORY: "1Gi" } }), "ready"))).toEqual(["spec.env[MEMORY].value"]);
  });

  it("is no difference: variables that a built function's own code brings along", () => {
    const build = { source: { url: "https://x.example/a.zip", kind: "archive" }, image: "helmets:2" };
    const ours = object({ image: undefined, build });
    const there = live(ours, "ready");
    (there.spec["env"] as object[]).push({ name: "FROM_FUNCTION_YAML", value: "1" });
    expect(differences(ours, there)).toEqual([]);
  });
});

const GPU = { gpu: { resource: "nvidia.com/gpu.shared" } };

describe("what is taken out of a function's entry", () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ["a variable", { env: { A: "1", B: "2" } }, { env: { A: "1" } }, ["spec.env[B]"]],
    ["the last variable", { env: { A: "1" } }, {}, ["spec.env[A]"]],
    ["a node's label", { nodeSelector: { a: "1", b: "2" } }, { nodeSelector: { a: "1" } }, ["spec.nodeSelector[b]"]],
    ["the last toleration", { tolerations: [{ key: "gpu", operator: "Exists" }] }, {}, ["spec.tolerations[0]"]],
    ["a limit", { resources: { limits: { memory: "1Gi" } } }, {}, ["spec.resources.limits[memory]"]],
    ["a request", { resources: { requests: { cpu: "2" } } }, {}, ["spec.resources.requests.cpu"]],
    [
      "a request of what Nuclio asks nothing of",
      { resources: { requests: { "ephemeral-storage": "1Gi" } } },
      {},
      ["spec.resources.requests[ephemeral-storage]"],
    ],
    ["the framework", { framework: "onnx" }, {}, ["metadata.annotations.framework"]],
    [
      "how an interactor begins",
      { kind: "interactor", interactor: { startsWithBox: true } },
      { kind: "interactor", interactor: {} },
      ["metadata.annotations.startswith_box"],
    ],
    [
      "a GPU whose runtime class stays",
      { ...GPU, runtimeClass: "nvidia" },
      { runtimeClass: "nvidia" },
      ["spec.resources.limits[nvidia.com/gpu.shared]"],
    ],
  ])("is a difference: %s", (_what, before, after, expected) => {
    expect(differences(object(after), live(object(before), "ready"))).toEqual(expected);
  });

  it("is a difference where an older version of this program had Nuclio wait", () => {
    const there = live(wanted, "ready");
    Object.assign(there.spec, { readinessTimeoutSeconds: 1800, waitReadinessTimeoutBeforeFailure: true });
    expect(differences(wanted, there)).toEqual([
      "spec.readinessTimeoutSeconds",
      "spec.waitReadinessTimeoutBeforeFailure",
    ]);
  });

  it("is a label that Nuclio would keep", () => {
    expect(labelsDiffer(object(), live(object({ runtimeClass: "kata" }), "ready"))).toBe(true);
    expect(labelsDiffer(object(), live(object(), "ready"))).toBe(false);
  });
});

describe("the runtime class of a function's pods", () => {
  const owned = (manager: string) => ({
    manager,
    fieldsV1: { "f:spec": { "f:template": { "f:spec": { "f:runtimeClassName": {} } } } },
  });
  const view = (runtimeClassName?: string, ...managers: string[]): DeploymentView => ({
    spec: { template: { spec: { ...(runtimeClassName && { runtimeClassName }) } } },
    metadata: { managedFields: [{ manager: "kubelet", fieldsV1: { "f:status": {} } }, ...managers.map(owned)] },
  });

  it.each<[string, DeploymentView | undefined, string | undefined, string]>([
    ["by the function's own field", view("nvidia", "controller"), "nvidia", "field"],
    ["by the platform configuration", view("nvidia", "controller"), undefined, "platform configuration"],
    ["by our patch", view("nvidia", "controller", "vision-platform"), undefined, "patch"],
    ["by hand", view("nvidia", "kubectl-patch"), undefined, "hand"],
    ["by nobody", view(undefined), "nvidia", "none"],
    ["without a Deployment", undefined, undefined, "none"],
  ])("came %s", (_how, deployment, field, expected) => {
    expect(runtimeClassBy(deployment, { runtimeClassName: field }, "vision-platform")).toBe(expected);
  });

  it.each<[string | undefined, boolean | undefined]>([
    ["1.13.0", false],
    ["1.15", false],
    ["1.15.13", false],
    ["1.15.19", false],
    ["1.15.20-amd64", true],
    ["1.16.0-amd64", true],
    ["1.16", true],
    ["unstable", undefined],
    [undefined, undefined],
  ])("has a field of its own at Nuclio %s: %s", (version, expected) => {
    expect(hasField(version)).toBe(expected);
  });
});
