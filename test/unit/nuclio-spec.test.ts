import { describe, expect, it } from "vitest";
import { platformValues } from "../../components/nuclio/nuclio.ts";
import { functionPlan } from "../../components/nuclio/plan.ts";
import { verdictOf } from "../../automation/functions/verdict.ts";
import { augmentedSpec } from "../../automation/rehearsal/services/nuclio/augment.ts";
import { differences } from "../../components/nuclio/compare.ts";
import { config, live, object } from "./nuclio-fixtures.ts";

const GPU = { gpu: {} };
const STORE = { endpoint: "http://192.0.2.30:9000", region: "us-east-1", secret: "function-helmets-model" };

describe("the description of a function for Nuclio", () => {
  it("is whole", () => {
    const changes = { displayName: "Helmets", framework: "onnx", ...GPU, resources: { limits: { memory: "4Gi" } } };
    expect(
      object({
        ...changes,
        nodeSelector: { gpu: "yes" },
        tolerations: [{ key: "gpu", operator: "Exists" }],
        env: { THRESHOLD: "0.5" },
      }),
    ).toEqual({
      metadata: {
        name: "helmets",
        namespace: "cvat",
        labels: {
          "nuclio.io/project-name": "cvat",
          "vision-platform/runtime-class": "nvidia",
          "vision-platform/event-timeout": "60s",
        },
        annotations: {
          name: "Helmets",
          type: "detector",
          framework: "onnx",
          spec: '[{"id":0,"name":"helmet","type":"rectangle"},{"id":1,"name":"head","type":"rectangle"}]',
        },
      },
      spec: {
        description: "Finds helmets.",
        handler: "main:handler",
        runtime: "python:3.11",
        image: "registry.example/vision/helmets:1.0.0",
        env: [{ name: "THRESHOLD", value: "0.5" }],
        resources: { limits: { memory: "4Gi", "nvidia.com/gpu": "1" } },
        replicas: 1,
        minReplicas: 1,
        maxReplicas: 1,
        triggers: {
          http: {
            name: "http",
            kind: "http",
            numWorkers: 1,
            workerAvailabilityTimeoutMilliseconds: 30_000,
            attributes: { serviceType: "ClusterIP", maxRequestBodySize: 50_331_648 },
          },
        },
        nodeSelector: { gpu: "yes" },
        tolerations: [{ key: "gpu", operator: "Exists" }],
        imagePullPolicy: "IfNotPresent",
        disable: false,
        eventTimeout: "60s",
      },
    });
  });

  it.each<[string, Record<string, unknown>, string | undefined]>([
    ["nvidia.com/gpu, for which Nuclio does so itself", GPU, undefined],
    ["GPUs of another name", { gpu: { resource: "nvidia.com/gpu.shared" } }, "Recreate"],
    ["a device of another maker", { resources: { limits: { "amd.com/gpu": "1" } } }, "Recreate"],
    ["a GPU by runtime class alone", { runtimeClass: "nvidia" }, "Recreate"],
    ["no GPU", {}, undefined],
  ])("has the old pod end first for %s", (_what, changes, type) => {
    expect(object(changes).spec.deploymentStrategy?.type).toBe(type);
  });

  it.each<[string, Record<string, unknown>, boolean | undefined, string | undefined, string | undefined]>([
    ["a GPU, where Nuclio has the field", GPU, true, "nvidia", "nvidia"],
    ["a GPU, where it has not", GPU, false, undefined, "nvidia"],
    ["a GPU, where that is not known", GPU, undefined, "nvidia", "nvidia"],
    ["a runtime class of its own", { ...GPU, runtimeClass: "kata" }, true, "kata", "kata"],
    ["the CPU", {}, true, undefined, undefined],
  ])("names the runtime class for %s", (_what, changes, hasField, field, label) => {
    const { metadata, spec } = object(changes, { hasField });
    expect(spec.runtimeClassName).toBe(field);
    expect(metadata.labels["vision-platform/runtime-class"]).toBe(label);
  });

  it.each<[string, Record<string, unknown>, boolean | undefined]>([
    ["Nuclio has the field of the class", GPU, true],
    ["there is no runtime class", {}, false],
  ])(
    "has no label of its event timeout where %s: a change of it then needs none made anew",
    (_what, changes, hasField) =>
      expect(object(changes, { hasField }).metadata.labels).not.toHaveProperty(["vision-platform/event-timeout"]),
  );

  it("takes the key to its model from a Secret, and its place from the store", () => {
    const { spec } = object({ model: { key: "helmets.onnx", sha256: "0".repeat(64) } }, { store: STORE });
    expect(spec.env).toEqual([
      { name: "MODEL_S3_URL", value: "s3://models/helmets.onnx" },
      { name: "MODEL_SHA256", value: "0".repeat(64) },
      { name: "S3_ENDPOINT", value: "http://192.0.2.30:9000" },
      { name: "S3_REGION", value: "us-east-1" },
      { name: "AWS_ACCESS_KEY_ID", valueFrom: { secretKeyRef: { name: "function-helmets-model", key: "accessKey" } } },
      {
        name: "AWS_SECRET_ACCESS_KEY",
        valueFrom: { secretKeyRef: { name: "function-helmets-model", key: "secretKey" } },
      },
    ]);
  });

  it("tells Nuclio what to build", () => {
    const build = {
      source: { url: "https://git.example/helmets.git", kind: "git", branch: "main", folder: "nuclio" },
      image: "helmets:2",
      baseImage: "python:3.11",
      commands: ["pip install onnxruntime"],
      timeout: "20m",
    };
    const { spec } = object({ image: undefined, build });
    expect(spec).not.toHaveProperty("image");
    expect(spec.build).toEqual({
      path: "https://git.example/helmets.git",
      codeEntryType: "git",
      codeEntryAttributes: { branch: "main", workDir: "nuclio" },
      image: "helmets:2",
      baseImage: "python:3.11",
      commands: ["pip install onnxruntime"],
      buildTimeoutSeconds: 1200,
    });
  });

  it("tells CVAT how an interactor is used, and leaves out what is not so: any text is true to CVAT", () => {
    const { annotations } = object({
      kind: "interactor",
      labels: [],
      interactor: { minNegPoints: -1, startsWithBox: true, startsWithBoxOptional: false, helpMessage: "Click on it." },
    }).metadata;
    expect(annotations).toEqual({
      name: "helmets",
      type: "interactor",
      spec: "[]",
      min_pos_points: "1",
      min_neg_points: "-1",
      startswith_box: "true",
      help_message: "Click on it.",
    });
  });

  it.each([
    ["detector", {}],
    ["interactor", { kind: "interactor", labels: [] }],
    ["tracker", { kind: "tracker", labels: [], tracker: { shapeTypes: ["rectangle", "mask"] } }],
    ["detector with a labels file", { labels: [], labelsFile: "labels.json" }],
  ])("is one that CVAT lists: %s", (_kind, changes) => {
    const ready = live(object(changes, { labels: ["a", { name: "b", type: "mask" }] }), "ready", {
      internalInvocationUrls: ["nuclio-helmets.cvat.svc.cluster.local:8080"],
    });
    expect(verdictOf(ready)).toEqual({ outcome: "listed", why: "" });
  });
});

describe("Nuclio's platform configuration", () => {
  const entryOf = (pair: string) => {
    const [runtimeClassName = "", eventTimeout = ""] = pair.split(" ");
    return {
      labelSelector: {
        matchLabels: {
          "vision-platform/runtime-class": runtimeClassName,
          "vision-platform/event-timeout": eventTimeout,
        },
      },
      functionConfig: { spec: { eventTimeout } },
      kubernetes: { deployment: { spec: { template: { spec: { runtimeClassName } } } } },
    };
  };

  it.each<[string, Record<string, unknown>[], string | undefined, string[] | undefined]>([
    [
      "for each runtime class and event timeout once",
      [GPU, GPU, { ...GPU, timeouts: { event: "5s" } }, { runtimeClass: "kata" }, {}],
      "1.15",
      ["kata 60s", "nvidia 5s", "nvidia 60s"],
    ],
    ["for a release nobody knows", [GPU], undefined, ["nvidia 60s"]],
    ["no runtime class where the field does it", [GPU], "1.16.3", undefined],
    ["no runtime class without a GPU", [{}], "1.15", undefined],
  ])("has %s, and that Nuclio waits for no function", (_what, functions, nuclio, classes) => {
    const parsed = Object.fromEntries(functions.map((changes, index) => [`f${index}`, functionPlan(config(changes))]));
    expect(platformValues(parsed, nuclio)).toEqual({
      functionReadinessTimeout: "0s",
      ...(classes && { functionAugmentedConfigs: classes.map(entryOf) }),
    });
  });

  it("keeps the event timeout of a function it augments: Nuclio empties what an entry does not say", () => {
    const changes = { ...GPU, timeouts: { event: "20s" } };
    const wanted = object(changes);
    const platform =
      platformValues({ helmets: functionPlan(config(changes)), other: functionPlan(config(GPU)) }, "1.13.0") ?? {};
    const there = live(wanted, "ready");
    there.spec = augmentedSpec(there.spec, platform, wanted.metadata.labels);
    expect(there.spec["eventTimeout"]).toBe("20s");
    expect(differences(wanted, there)).toEqual([]);
  });

  it("has nothing where there are no functions", () => {
    expect(platformValues({}, "1.15")).toBeUndefined();
  });
});
