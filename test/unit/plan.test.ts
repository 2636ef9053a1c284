import { describe, expect, it } from "vitest";
import { planOf, withCharts } from "../../components/lab/plan.ts";
import { planned, plannedClearml, plannedCvat } from "../fixtures/inputs/planned.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";
import { entry } from "./nuclio-fixtures.ts";

const LAB = exampleStack() as Record<string, Record<string, unknown>>;
const withFunctions = (functions: Record<string, unknown>) => ({ ...LAB, functions });
const chart = (name: string, version: string, origin: "locked" | "override") => ({ name, version, origin, path: "/x" });

it("names the charts of what is on, and has nothing of what is off", () => {
  expect(planned(LAB).charts).toEqual([
    { name: "cvat", version: "2.64.0" },
    { name: "clearml", version: "7.14.7" },
    { name: "clearml-agent", version: "5.3.3" },
  ]);
  const agent = { ...(LAB["clearml"]?.["agent"] as object), enabled: false };
  const withoutAgent = planned({ ...LAB, clearml: { ...LAB["clearml"], agent } });
  expect(withoutAgent.charts.map(({ name }) => name)).toEqual(["cvat", "clearml"]);
  expect(withoutAgent.clearml?.agent).toBeUndefined();
  const nothing = planned({ cvat: { enabled: false }, clearml: { enabled: false } });
  expect(nothing).toMatchObject({ charts: [], cvat: undefined, functions: {}, clearml: undefined });
});

it("takes the newest known chart of the agent beside a server nobody knows", () => {
  const clearml = { version: "7.14.9", allowUnknownVersions: true, addresses: { api: "192.0.2.41" } };
  const { charts } = planned({ cvat: { enabled: false }, clearml: { ...clearml, agent: { enabled: true } } });
  expect(charts).toEqual([
    { name: "clearml", version: "7.14.9" },
    { name: "clearml-agent", version: "5.3.3" },
  ]);
});

it("has the versions of a chart that a user put in the locked one's place", () => {
  const plan = planned(LAB);
  const locked = { cvat: chart("cvat", "2.64.0", "locked"), clearml: chart("clearml", "7.14.7", "locked") };
  expect(withCharts(plan, locked)).toEqual(plan);
  const own = withCharts(plan, { ...locked, cvat: chart("cvat", "2.65.0", "override") });
  expect(own.cvat?.versions).toMatchObject({ version: "2.64.0", known: false, parts: { chart: "2.65.0" } });
  expect(own.clearml).toEqual(plan.clearml);
});

it("has the release of Nuclio: of the chart, or of the image that a stack names", () => {
  expect(planned(LAB).cvat?.nuclio).toBe("1.15");
  const values = { nuclio: { dashboard: { image: { tag: "1.17.4-amd64" } } } };
  expect(planned({ ...LAB, cvat: { ...LAB["cvat"], values } }).cvat?.nuclio).toBe("1.17.4-amd64");
});

it.each<[string, Record<string, unknown>, string | undefined, object]>([
  ["on the CPU", {}, undefined, {}],
  ["with a GPU", { gpu: { count: 2 } }, "nvidia", { "nvidia.com/gpu": 2 }],
  [
    "with a GPU and a class of its own",
    { gpu: { resource: "nvidia.com/gpu.shared" }, runtimeClass: "kata" },
    "kata",
    { "nvidia.com/gpu.shared": 1 },
  ],
  [
    "with a device of another maker",
    { resources: { limits: { "amd.com/gpu": "1" } } },
    undefined,
    { "amd.com/gpu": 1 },
  ],
])("knows RuntimeClass and devices of a function %s", (_, changes, runtimeClass, devices) => {
  const { functions } = planned(withFunctions({ helmets: entry(changes) }));
  expect(functions["helmets"]).toMatchObject({ runtimeClass, devices });
});

it("has the labels of a function's file in the place of its own", () => {
  const { lab } = planned(
    withFunctions({ constructor: entry(), helmets: entry({ labels: [], labelsFile: "l.json" }) }),
  );
  const { functions } = planOf(lab, { labels: { helmets: ["a", "b"] } });
  expect(functions["helmets"]?.labels).toEqual(["a", "b"]);
  expect(functions["constructor"]?.labels).toEqual(["helmet", "head"]);
});

it.each<[string, object, object]>([
  ["a GPU each", {}, { runtimeClass: "nvidia", devices: { "nvidia.com/gpu": 1 } }],
  ["the default runtime", { runtimeClass: "" }, { runtimeClass: undefined, devices: { "nvidia.com/gpu": 1 } }],
  ["the CPU alone", { gpus: 0 }, { runtimeClass: undefined, devices: {} }],
])("knows RuntimeClass and devices of tasks with %s", (_, tasks, expected) => {
  const agent = { ...(LAB["clearml"]?.["agent"] as object), tasks };
  expect(planned({ ...LAB, clearml: { ...LAB["clearml"], agent } }).clearml?.agent?.tasks).toMatchObject(expected);
});

it("knows which nodes the agent's image is carried to", () => {
  expect(planned(LAB).clearml?.agent?.nodes.map(({ node }) => node)).toEqual(["gpu-node"]);
  const own = LAB["clearml"]?.["agent"] as { image?: object };
  const agent = { ...own, image: { registry: "registry.example", delivery: { by: "registry" } } };
  expect(planned({ ...LAB, clearml: { ...LAB["clearml"], agent } }).clearml?.agent).toMatchObject({
    image: "registry.example/clearml-agent:2.0.7-2",
    nodes: [],
  });
});

it("has CVAT's images taken apart, of its version where a stack names none", () => {
  const cvat = { version: "2.64.0", images: { ui: "registry.example:5000/cvat/ui:v2.64.0" } };
  expect(plannedCvat(cvat).images).toEqual({
    server: { repository: "cvat/server", tag: "v2.64.0" },
    ui: { repository: "registry.example:5000/cvat/ui", tag: "v2.64.0" },
    opa: undefined,
    kvrocks: undefined,
  });
});

it("says of every class which key it is by", () => {
  const { storageClasses, ingressClass } = plannedCvat({ data: { storageClass: "fast" } });
  expect(storageClasses.data).toEqual({ name: "fast", key: "cvat.data.storageClass" });
  expect(storageClasses.grafana).toEqual({ name: "longhorn", key: "cluster.storageClass" });
  expect(ingressClass).toEqual({ name: "traefik", key: "cluster.ingressClass" });
  expect(plannedCvat({ ingress: { className: "edge" } }).ingressClass.key).toBe("cvat.ingress.className");
  expect(plannedClearml({ storage: { class: "fast" } }).storageClass.key).toBe("clearml.storage.class");
});

it("has a cloud storage for each bucket that CVAT may use, unless the stack lists its own", () => {
  expect(planned(LAB).cvat?.cloudStorages.map(({ name, role }) => [name, role])).toEqual([
    ["datasets", "datasets"],
    ["cvat", "cvat"],
  ]);
  const own = { cloudStorages: [{ name: "films", role: "datasets" }] };
  expect(plannedCvat(own, ["datasets", "cvat"]).cloudStorages.map(({ name }) => name)).toEqual(["films"]);
  expect(plannedCvat({}).cloudStorages).toEqual([]);
});

describe("the object store", () => {
  const withStore = (changes: object, more: object = {}) =>
    ({ ...LAB, objectStore: { ...LAB["objectStore"], ca: undefined, ...changes }, ...more }) as typeof LAB;

  it("is told to pods with its region, and reached by this machine and by people where that is another way", () => {
    const { store } = planned(withStore({ address: "192.0.2.30", endpoint: "store.example:9443", region: "eu-lab-1" }));
    expect(store?.s3).toEqual({ endpoint: "http://192.0.2.30:9000", region: "eu-lab-1" });
    expect(store?.machine).toEqual({ host: "store.example", port: 9443, tls: false });
    expect(store?.people).toEqual(store?.machine);
    expect(planned(withStore({ address: "192.0.2.30", endpoint: "127.0.0.1:9000" })).store?.people).toBeUndefined();
  });

  it("has a user for each system that is on, and for each person", () => {
    const ids = (sections: typeof LAB) => planned(sections).store?.users.map(({ id }) => id);
    const people = { users: [{ username: "anna", name: "Anna" }], addresses: { api: "192.0.2.41" } };
    expect(ids(withStore({}, { clearml: people }))).toEqual([
      ...["cvat", "clearml", "functions", "delete-clearml", "clearml-anna"],
    ]);
    expect(ids(withStore({}, { clearml: { enabled: false } }))).toEqual(["cvat", "functions"]);
    expect(planned({ traefik: LAB["traefik"] }).store).toBeUndefined();
  });

  it("shows pods the certificates of its authority where they reach it by HTTPS", () => {
    const caOf = (address: string) => {
      const { lab } = planned(withStore({ address }));
      return planOf(lab, { labels: {}, certificates: "PEM" }).store?.caForPods;
    };
    expect(caOf("https://192.0.2.30:9000")).toBe("PEM");
    expect(caOf("http://192.0.2.30:9000")).toBeUndefined();
  });
});
