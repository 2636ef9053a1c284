import { expect, test } from "vitest";
import { parse } from "yaml";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { agentFixes } from "../../components/clearml/agent/fixes.ts";
import { agentPlan } from "../../components/clearml/agent/plan.ts";
import { agentValues } from "../../components/clearml/agent/values.ts";
import { urlsOfTasks } from "../../components/clearml/agent/agent.ts";
import { imageOf } from "../../components/clearml/agent/names.ts";
import { clearmlConfig } from "../../components/clearml/clearml-section.ts";

const configOf = (agent: object, more: object = {}) =>
  clearmlConfig.parse({ addresses: { api: "192.0.2.41" }, agent: { enabled: true, ...agent }, ...more });

function valuesOf(agent: object, s3 = false) {
  const config = configOf(agent);
  return agentValues({ plan: agentPlan(config.agent, "5.3.3"), urls: urlsOfTasks(config), s3, digest: "digest" });
}

const secretEnv = (name: string, key: string) => ({
  name,
  valueFrom: { secretKeyRef: { name: "clearml-agent-credentials", key } },
});
const S3_ENV = [
  secretEnv("VISION_PLATFORM_S3_ACCESS_KEY", "s3_access_key"),
  secretEnv("VISION_PLATFORM_S3_SECRET_KEY", "s3_secret_key"),
];

test("values of a GPU lab", () => {
  const agent = {
    queue: "gpu",
    maxPods: 2,
    nodeSelector: { "kubernetes.io/hostname": "node-1" },
    tasks: {
      gpus: 2,
      nodeSelector: { "nvidia.com/gpu.present": "true" },
      tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }],
      resources: { requests: { cpu: "2" }, limits: { memory: "16Gi" } },
      environment: { OMP_NUM_THREADS: "4" },
    },
  };
  expect(valuesOf(agent, true)).toEqual({
    clearml: {
      existingAgentk8sglueSecret: "clearml-agent-credentials",
      existingClearmlConfigSecret: "clearml-agent-configuration",
    },
    agentk8sglue: {
      image: { registry: "registry.internal", repository: "clearml-agent", tag: "2.0.7-2" },
      apiServerUrlReference: "http://clearml-apiserver.clearml.svc",
      fileServerUrlReference: "http://clearml-fileserver.clearml.svc",
      webServerUrlReference: "http://clearml-webserver.clearml.svc",
      queue: "gpu",
      createQueueIfNotExists: false,
      defaultContainerImage: "nvidia/cuda:12.1.0-runtime-ubuntu22.04",
      annotations: { "vision-platform/configuration": "digest" },
      nodeSelector: { "kubernetes.io/hostname": "node-1" },
      tolerations: [],
      resources: {},
      extraEnvs: [
        { name: "K8S_GLUE_POD_AGENT_INSTALL_ARGS", value: "==2.0.7 'setuptools<82'" },
        { name: "K8S_GLUE_MAX_PODS", value: "2" },
        ...S3_ENV,
      ],
      basePodTemplate: {
        resources: { requests: { cpu: "2" }, limits: { memory: "16Gi", "nvidia.com/gpu": "2" } },
        nodeSelector: { "nvidia.com/gpu.present": "true" },
        tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }],
        env: [...S3_ENV, { name: "OMP_NUM_THREADS", value: "4" }],
        volumes: [{ name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: "8Gi" } }],
        volumeMounts: [{ name: "shared-memory", mountPath: "/dev/shm" }],
      },
    },
  });
});

test("an image that was carried to nodes runs on those", () => {
  const node = { host: "192.0.2.11", user: "deploy", hostKey: "ssh-ed25519 AAAA" };
  const nodes = [
    { ...node, node: "gpu-1" },
    { ...node, node: "gpu-2", host: "192.0.2.12" },
  ];
  const delivery = { by: "nodes", nodes, privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\n" };
  expect(valuesOf({ image: { delivery } })).toMatchObject({
    agentk8sglue: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["gpu-1", "gpu-2"] }] },
            ],
          },
        },
      },
    },
  });
});

test("without an object store no pod is given its keys", () => {
  expect(JSON.stringify(valuesOf({}))).not.toContain("S3");
});

test("without a GPU there is no limit and no RuntimeClass", () => {
  const runtimeClassOf = (tasks: object) => agentPlan(configOf({ tasks }).agent, "5.3.3").tasks.runtimeClass;
  expect(valuesOf({ tasks: { gpus: 0 } })).toMatchObject({ agentk8sglue: { basePodTemplate: { resources: {} } } });
  expect(runtimeClassOf({ gpus: 0 })).toBeUndefined();
  expect(runtimeClassOf({ runtimeClass: "" })).toBeUndefined();
  expect(runtimeClassOf({})).toBe("nvidia");
});

test("values of the stack are laid over ours", () => {
  const values = { agentk8sglue: { basePodTemplate: { priorityClassName: "low" } } };
  expect(valuesOf({ values })).toMatchObject({
    agentk8sglue: { queue: "default", basePodTemplate: { priorityClassName: "low", env: [] } },
  });
});

test("volumes of the stack's own values stand beside ours, and in the place of one at the same folder", () => {
  const volumesOf = (mountPath: string) => {
    const theirs = { volumes: [{ name: "mine", emptyDir: {} }], volumeMounts: [{ name: "mine", mountPath }] };
    const config = configOf({ values: { agentk8sglue: { basePodTemplate: theirs } } });
    const values = agentValues({
      plan: agentPlan(config.agent, "5.3.3"),
      urls: urlsOfTasks(config),
      s3: true,
      authority: "object-store-ca",
      digest: "digest",
    });
    const { basePodTemplate } = values["agentk8sglue"] as { basePodTemplate: Record<string, { name: string }[]> };
    return ["volumes", "volumeMounts"].map((key) => basePodTemplate[key]?.map(({ name }) => name));
  };
  const all = ["object-store-ca", "shared-memory", "mine"];
  expect(volumesOf("/data")).toEqual([all, all]);
  const without = ["object-store-ca", "mine"];
  expect(volumesOf("/dev/shm")).toEqual([without, without]);
});

test("GPUs that nodes share under a name of their own", () => {
  expect(valuesOf({ tasks: { gpuResource: "nvidia.com/gpu.shared" } })).toMatchObject({
    agentk8sglue: { basePodTemplate: { resources: { limits: { "nvidia.com/gpu.shared": "1" } } } },
  });
});

test("tasks reach the server inside the cluster, but its files where everybody does", () => {
  expect(urlsOfTasks(configOf({}, { port: 8080, namespace: "ml" }))).toEqual({
    web: "http://clearml-webserver.ml.svc:8080",
    api: "http://clearml-apiserver.ml.svc:8080",
    files: "http://clearml-fileserver.ml.svc:8080",
  });
  expect(urlsOfTasks(configOf({}, { port: 8080, addresses: { api: "192.0.2.41", files: "192.0.2.42" } }))).toEqual({
    web: "http://clearml-webserver.clearml.svc:8080",
    api: "http://clearml-apiserver.clearml.svc:8080",
    files: "http://192.0.2.42:8080",
  });
  expect(imageOf(configOf({}).agent.image)).toBe("registry.internal/clearml-agent:2.0.7-2");
});

/** As the real chart renders it, 5.3.3: empty keys are null. */
const TEMPLATE = `apiVersion: v1
metadata:
  namespace: clearml-agent
  labels:
    {}
spec:
  serviceAccountName: clearml-agent-sa
  priorityClassName: 
  initContainers:
    []
  containers:
  - resources:
      limits:
        nvidia.com/gpu: "1"
    env:
    - name: CLEARML_API_HOST
      value: http://clearml-apiserver.clearml.svc
`;
const configMap = (name: string): RenderedObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data: { "template.yaml": TEMPLATE, "services-1.yaml": "kept" },
});

function fixed(object: RenderedObject, runtimeClass?: string): string[] {
  const rows = agentFixes(runtimeClass).filter((row) => row.matches(object) && row.stillNeeded(object));
  for (const row of rows) {
    row.apply(object);
    expect(row.stillNeeded(object)).toBe(false);
  }
  return rows.map(({ id }) => id);
}

test("the tasks' pod gets the RuntimeClass and no token, and keeps everything else", () => {
  const object = configMap("clearml-agent-pt");
  expect(fixed(object, "nvidia")).toEqual(["clearml-agent-runtime-class", "clearml-agent-task-account"]);
  const { "template.yaml": text, ...rest } = object["data"] as Record<string, string>;
  expect(rest).toEqual({ "services-1.yaml": "kept" });
  const before = parse(TEMPLATE) as { spec: object };
  expect(parse(text ?? "")).toEqual({
    ...before,
    spec: { ...before.spec, runtimeClassName: "nvidia", automountServiceAccountToken: false },
  });
  expect(fixed(object, "nvidia")).toEqual([]);
});

test("its texts are texts to every reader of YAML, keys too", () => {
  const words = [
    "yes",
    "n",
    "off",
    "1_000",
    "0b101",
    "=",
    "<<",
    "012",
    "1e3",
    "2026-11-30",
    "12:30:45",
    "~",
    "true",
    "ü",
  ];
  const given = Object.fromEntries(words.map((word) => [word, word]));
  const object = configMap("clearml-agent-pt");
  // As Helm writes it: what YAML 1.1 would take for something else is in quotes.
  const template = { ...(parse(TEMPLATE) as object), metadata: { labels: given } };
  object["data"] = { "template.yaml": JSON.stringify(template) };
  fixed(object);
  const text = (object["data"] as Record<string, string>)["template.yaml"] ?? "";
  for (const version of ["1.1", "1.2"] as const)
    expect((parse(text, { version }) as { metadata: { labels: object } }).metadata.labels).toEqual(given);
});

test("without a GPU only the token goes; another ConfigMap is left alone", () => {
  expect(fixed(configMap("clearml-agent-pt"))).toEqual(["clearml-agent-task-account"]);
  expect(fixed(configMap("another"), "nvidia")).toEqual([]);
});

test("one agent at a time", () => {
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "clearml-agent" }, spec: {} };
  expect(fixed(deployment)).toEqual(["clearml-agent-recreate"]);
  expect(deployment.spec).toEqual({ strategy: { type: "Recreate" } });
});
