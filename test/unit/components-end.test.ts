import "./fresh-modules.ts";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect, it, vi } from "vitest";
import { ChartInstall, type ChartInstallArgs } from "../../components/charts/install.ts";
import type { Cluster } from "../../components/kubernetes/cluster.ts";
import { VisionPlatform } from "../../components/platform.ts";
import { endedByFirstRejection } from "../../components/program/end.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { wholeStack } from "../fixtures/inputs/whole-stack.ts";
import { runSmall } from "./small-engine.ts";

const looks = vi.hoisted(() => ({
  nodes: () => Promise.resolve<unknown[]>([]),
  functions: () => Promise.resolve<object>({}),
}));
vi.mock("../../components/nuclio/observe.ts", () => ({ observeFunctions: () => looks.functions() }));
// What takes a tenth of a second for each person, by design, and ends no run.
vi.mock("../../components/clearml/passwords.ts", async (original) => ({
  ...(await original<object>()),
  hashedPassword: () => "aGFzaA==",
}));
vi.mock("../../components/images/nodes.ts", () => ({ nodesOf: () => looks.nodes(), checkNodes: () => undefined }));

/** The lab with something of everything. The small engine renders no chart, so what is looked for among a chart's objects is there as it is. */
function lab(): Record<string, unknown> {
  const plan = planned(wholeStack());
  const charts = plan.charts.map(({ name, version }) => [
    name,
    { name, version, path: "/x", origin: "locked" as const },
  ]);
  const platform = new VisionPlatform("lab", {
    plan,
    charts: Object.fromEntries(charts) as never,
    found: { seen: true, existing: new Set(), missing: [] },
    prepared: { inPlaceOfOld: new Set(), madeAgain: new Set(), uid: "a-uid" },
    delivery: { context: "images/clearml-agent", checkout: path.resolve(import.meta.dirname, "../..") },
  });
  return platform.outputs;
}
ChartInstall.prototype.object = () =>
  pulumi.output({ spec: { template: { spec: { containers: [{ image: "a:1" }] } } } } as never);

const run = (program: () => Record<string, unknown>, fails?: string) =>
  runSmall(() => endedByFirstRejection(() => Promise.resolve(program()), 0), {
    outputs: ({ type, inputs }) =>
      type.endsWith(":GeneratedText") ? { value: "a".repeat(Number(inputs["length"])) } : {},
    ...(fails && { fails }),
  });

it("the whole lab ends well where nothing fails", async () => {
  const { end, registered } = await run(lab);
  expect(end).toBeUndefined();
  expect(registered.length).toBeGreaterThan(100);
});

/** Of each component, what most of the others in it need. */
it.each([
  ["VisionPlatform", "lab-cluster"],
  ["Traefik's address", "lab-traefik-ready"],
  ["ObjectStore", "store-derived-keys"],
  ["Cvat", "cvat-namespace"],
  ["ChartInstall", "cvat-ready"],
  ["CvatUsers", "cvat-users-ready"],
  ["Nuclio", "nuclio-project"],
  ["NuclioFunction", "nuclio-yolo11x-model"],
  ["ClearMl", "clearml-credentials"],
  ["ClearMlAgent", "clearml-agent-queue"],
  ["ImageDelivery", "clearml-agent-image-gpu-node-presence"],
])("of %s: a run ends with the sentence when %s cannot be made", async (_, name) => {
  expect((await run(lab, name)).end).toContain(`${name} cannot be made`);
});

it.each([
  ["ImageDelivery", "nodes", "the nodes cannot be listed"],
  ["Nuclio", "functions", "the functions cannot be read"],
] as const)("of %s: a run ends with the sentence when a look of the program fails: %s", async (_, look, text) => {
  vi.spyOn(looks, look).mockRejectedValueOnce(new Error(text));
  expect((await run(lab)).end).toContain(text);
});

const chart = (over: () => Partial<ChartInstallArgs>) => () => {
  const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
  const cluster: Cluster = { provider, access: {}, readyTimeoutMs: 1 };
  const install = new ChartInstall(
    "chart",
    {
      title: "Chart",
      chart: { name: "chart", version: "1", path: "/x", origin: "locked" },
      release: "chart",
      namespace: "chart",
      values: {},
      fixes: [],
      stages: [],
      cluster,
      ...over(),
    },
    { provider: new OwnProvider("own") },
  );
  return { address: install.addressOf("web") };
};
const rejected = () => pulumi.output("").apply((): string => expect.fail("it went wrong"));

it.each<[string, () => Partial<ChartInstallArgs>]>([
  ["its namespace", () => ({ namespace: rejected() })],
  ["a value", () => ({ values: { replicas: rejected() } })],
  ["a secret among its values", () => ({ values: { password: pulumi.secret(rejected()) } })],
])("of ChartInstall: a run ends with the sentence when this is rejected: %s", async (_, over) => {
  expect((await run(chart(over))).end).toContain("it went wrong");
});
