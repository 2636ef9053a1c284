import { describe, expect, it } from "vitest";
import type { Plan } from "../../components/lab/plan.ts";
import { asksForDevices } from "../../components/preflight/devices/asked.ts";
import { fits, type DeviceNode, type DevicePods } from "../../components/preflight/devices/fit.ts";
import { devicesSuffice } from "../../components/preflight/devices/suffice.ts";
import type { LiveNode, LivePod } from "../../components/preflight/facts.ts";
import type { Taint, Toleration } from "../../components/preflight/taints.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";
import { NOTHING } from "./cluster-facts.ts";

const GPU = "nvidia.com/gpu";
const SHARED = "nvidia.com/gpu.shared";
const FUNCTION = "vision-platform:functions.yolo11x.gpu";
const TASK = /^vision-platform:clearml\.agent\.tasks\.gpus?$/;

type Sections = Record<string, Record<string, unknown>>;

/** The example lab, with other functions and other tasks. */
function lab({ functions, tasks, agent }: { functions?: object; tasks?: object; agent?: object } = {}): Plan {
  const example = exampleStack() as Sections;
  const own = example["clearml"]?.["agent"] as Record<string, object>;
  return planned({
    ...example,
    functions: { ...example["functions"], ...functions },
    clearml: { ...example["clearml"], agent: { ...own, ...agent, tasks: { ...own["tasks"], ...tasks } } },
  });
}

const detector = (more: object) => ({
  kind: "detector",
  description: "Helmets",
  image: "registry.example/helmets:1",
  labels: ["helmet"],
  ...more,
});
const withoutFunctions = { yolo11x: detector({}), sam: detector({}) };

interface NodeOptions {
  labels?: Record<string, string>;
  taints?: Taint[];
  ready?: boolean;
  cordoned?: boolean;
}

function node(name: string, devices: Record<string, string>, options: NodeOptions = {}): LiveNode {
  const { labels = { "nvidia.com/gpu.present": "true" }, taints = [], ready = true, cordoned = false } = options;
  return Object.assign(
    { metadata: { name, labels } },
    {
      spec: { unschedulable: cordoned, taints },
      status: {
        allocatable: { cpu: "64", memory: "256Gi", pods: "250", ...devices },
        conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }],
      },
    },
  );
}

function pod(
  key: string,
  devices: Record<string, string>,
  more: { labels?: object; node?: string; phase?: string } = {},
) {
  const [namespace = "", name = ""] = key.split("/");
  const { labels = {}, node: nodeName = "gpu-node", phase = "Running" } = more;
  return {
    metadata: { namespace, name, labels },
    spec: { nodeName, containers: [{ resources: { limits: devices } }] },
    status: { phase },
  } as LivePod;
}

const told = (config: Plan, nodes: LiveNode[] | undefined, pods?: LivePod[]) =>
  devicesSuffice({ ...NOTHING, nodes, pods }, config);

describe("the example lab, which has one GPU", () => {
  it("is told that its function holds what its tasks need, with both keys and the ways out", () => {
    const [found, ...more] = told(lab(), [node("gpu-node", { [GPU]: "1" }), node("worker-1", {}, { labels: {} })]);
    expect(more).toEqual([]);
    expect(found?.severity).toBe("warning");
    expect(found?.path).toMatch(TASK);
    expect(found?.message).toBe(
      `A task needs 1 ${GPU}. gpu-node has 1 ${GPU}, and yolo11x holds 1 ${GPU} for as long as it is deployed (${FUNCTION}): every task of queue \`default\` stays Pending. Let both share the GPU by time-slicing (docs/gpu.md), add another, or take the function out of the stack file while tasks train.`,
    );
  });

  it.each<[string, Plan, LiveNode[] | undefined]>([
    ["a second GPU", lab(), [node("gpu-node", { [GPU]: "2" })]],
    ["a second node", lab(), [node("gpu-node", { [GPU]: "1" }), node("gpu-2", { [GPU]: "1" })]],
    ["no function", lab({ functions: withoutFunctions }), [node("gpu-node", { [GPU]: "1" })]],
    ["tasks on the CPU", lab({ tasks: { gpus: 0 } }), [node("gpu-node", { [GPU]: "1" })]],
    ["no agent", lab({ agent: { enabled: false } }), [node("gpu-node", { [GPU]: "1" })]],
    ["no right to list nodes", lab(), undefined],
  ])("and nothing with %s", (_, config, nodes) => expect(told(config, nodes)).toEqual([]));

  it("reads pods only where something asks for a device", () => {
    expect(asksForDevices(lab())).toBe(true);
    expect(asksForDevices(lab({ functions: withoutFunctions }))).toBe(true);
    expect(asksForDevices(lab({ functions: withoutFunctions, tasks: { gpus: 0 } }))).toBe(false);
  });
});

describe("what no node has", () => {
  const alone = { functions: withoutFunctions };
  it.each<[string, Plan, LiveNode[], RegExp]>([
    ["no device at all", lab(alone), [node("worker-1", {})], /no node has that for it \(none has a device at all\)/],
    [
      "the device by another name",
      lab(alone),
      [node("gpu-node", { [GPU]: "0", [SHARED]: "4" })],
      /gpu-node has 4 nvidia\.com\/gpu\.shared\)/,
    ],
    [
      "too few on one node",
      lab({ ...alone, tasks: { gpus: 2 } }),
      [node("a", { [GPU]: "1" }), node("b", { [GPU]: "1" })],
      /needs 2 .*\(a has 1 nvidia\.com\/gpu; b has 1/,
    ],
    [
      "a label is missing",
      lab(alone),
      [node("gpu-node", { [GPU]: "1" }, { labels: {} })],
      /has 1 nvidia\.com\/gpu, but lacks the label nvidia\.com\/gpu\.present=true/,
    ],
    [
      "a taint",
      lab(alone),
      [node("gpu-node", { [GPU]: "1" }, { taints: [{ key: "gpu", value: "only", effect: "NoSchedule" }] })],
      /but has the taint gpu=only/,
    ],
    ["not Ready", lab(alone), [node("gpu-node", { [GPU]: "1" }, { ready: false })], /but is not Ready/],
    ["cordoned", lab(alone), [node("gpu-node", { [GPU]: "1" }, { cordoned: true })], /but is cordoned/],
  ])("is told with what there is: %s", (_, config, nodes, message) => {
    expect(told(config, nodes)).toEqual([
      {
        severity: "warning",
        path: expect.stringMatching(TASK) as string,
        message: expect.stringMatching(message) as string,
      },
    ]);
  });

  it("is told of a function too, and its tasks are held against the functions that fit", () => {
    const found = told(lab({ functions: { yolo11x: detector({ gpu: { count: 2 } }) } }), [
      node("gpu-node", { [GPU]: "1" }),
    ]);
    expect(found.map(({ path, severity }) => [path, severity])).toEqual([[FUNCTION, "warning"]]);
    expect(found[0]?.message).toMatch(/^Yolo11x needs 2 .*: it stays Pending\. Correct/);
  });
});

describe("functions", () => {
  it("count with every replica, and by the amounts under `resources` as well", () => {
    const nodes = [node("gpu-node", { [GPU]: "3" })];
    const limits = { resources: { limits: { [GPU]: "1" } } };
    const of = (yolo11x: object) => told(lab({ functions: { yolo11x: detector(yolo11x) } }), nodes);
    expect(of({ gpu: {}, replicas: 2 })).toEqual([]);
    expect(of({ gpu: {}, replicas: 3 })[0]?.message).toContain(`yolo11x holds 3 ${GPU} `);
    expect(of({ gpu: {}, replicas: 9 })[0]?.message).toMatch(
      /9 pods .* each, and the nodes have not that for all of them/,
    );
    expect(of({ ...limits, replicas: 3 })[0]?.message).toContain("(vision-platform:functions.yolo11x.resources)");
  });

  it("that do not fit beside another are told with both keys", () => {
    const functions = { yolo11x: detector({ gpu: {} }), helmets: detector({ gpu: {} }) };
    const [found] = told(lab({ functions, tasks: { gpus: 0 } }), [node("gpu-node", { [GPU]: "1" })]);
    expect(found?.path).toBe("vision-platform:functions.helmets.gpu");
    expect(found?.message).toContain(`yolo11x holds 1 ${GPU} for as long as it is deployed (${FUNCTION})`);
  });

  it("share a GPU with tasks where the device plugin calls it so", () => {
    const functions = { yolo11x: detector({ gpu: { resource: SHARED } }) };
    const nodes = [node("gpu-node", { [GPU]: "0", [SHARED]: "2" })];
    const tasks = { gpuResource: SHARED };
    expect(told(lab({ functions, tasks }), nodes)).toEqual([]);
    expect(told(lab({ functions }), nodes)[0]?.message).toContain(`gpu-node has 2 ${SHARED})`);
  });

  it("that run already are the stack file's, and so are tasks; what others hold is not there", () => {
    const nodes = [node("gpu-node", { [GPU]: "2" })];
    const ofNuclio = (name: string, more: object = {}) => ({ labels: { "nuclio.io/function-name": name, ...more } });
    const ours = [
      pod("cvat/nuclio-yolo11x-1", { [GPU]: "1" }, ofNuclio("yolo11x")),
      pod("cvat/nuclio-taken-out", { [GPU]: "1" }, ofNuclio("old", { "vision-platform/runtime-class": "nvidia" })),
      pod("clearml-agent/task-1", { [GPU]: "1" }),
      pod("default/done", { [GPU]: "1" }, { phase: "Succeeded" }),
    ];
    expect(told(lab(), nodes, ours)).toEqual([]);
    const [found] = told(lab(), nodes, [...ours, pod("cvat/by-hand", { [GPU]: "1" }, ofNuclio("by-hand"))]);
    expect(found?.message).toContain(
      `gpu-node has 1 ${GPU}, and yolo11x holds 1 ${GPU} for as long as it is deployed (${FUNCTION}), pod cvat/by-hand holds 1 ${GPU}`,
    );
  });
});

describe("pods on nodes", () => {
  const ground = (devices: Record<string, number>, more: Partial<DeviceNode> = {}): DeviceNode => ({
    ...{ name: "n", labels: {}, taints: [], devices },
    ...more,
  });
  const group = (pods: number, devices: Record<string, number>, more: Partial<DevicePods> = {}): DevicePods => ({
    ...{ pods, devices, nodeSelector: {}, tolerations: [] },
    ...more,
  });

  it("are put so that all fit, where there is a way", () => {
    const big = { labels: { size: "big" } };
    // The first pod may run on both, and must leave the big node to the second.
    const nodes = [ground({ gpu: 2 }, big), ground({ gpu: 1 })];
    expect(fits([group(1, { gpu: 1 }), group(1, { gpu: 2 }, { nodeSelector: big.labels })], nodes)).toBe(true);
    expect(fits([group(2, { gpu: 1 }), group(1, { gpu: 2 }, { nodeSelector: big.labels })], nodes)).toBe(false);
    // Largest first would put 2+2 on the node of 4 and leave the 3 nowhere.
    expect(fits([group(2, { gpu: 2 }), group(1, { gpu: 3 })], [ground({ gpu: 4 }), ground({ gpu: 3 })])).toBe(true);
    // Enough in all, and on no one node.
    expect(fits([group(1, { gpu: 2 })], [ground({ gpu: 1 }), ground({ gpu: 1 })])).toBe(false);
  });

  it("need all their devices on the same node", () => {
    const nodes = [ground({ gpu: 1 }), ground({ nic: 1 })];
    expect(fits([group(1, { gpu: 1, nic: 1 })], nodes)).toBe(false);
    expect(fits([group(1, { gpu: 1, nic: 1 })], [...nodes, ground({ gpu: 1, nic: 1 })])).toBe(true);
  });

  it("are counted in a moment, many too", () => {
    const nodes = Array.from({ length: 16 }, () => ground({ gpu: 8 }));
    const functions = Array.from({ length: 129 }, () => group(1, { gpu: 1 }));
    const started = Date.now();
    expect(fits(functions.slice(1), nodes)).toBe(true);
    expect(fits(functions, nodes)).toBe(false);
    // Each node has room for one of two, and all together for more.
    expect(fits([group(17, { gpu: 5 })], nodes)).toBe(false);
    expect(Date.now() - started).toBeLessThan(3000);
  });

  it.each<[Taint, Toleration[], boolean]>([
    [{ key: "gpu", value: "only", effect: "NoSchedule" }, [], false],
    [{ key: "gpu", value: "only", effect: "PreferNoSchedule" }, [], true],
    [{ key: "gpu", value: "only", effect: "NoExecute" }, [{ key: "gpu", operator: "Exists" }], true],
    [{ key: "gpu", value: "only", effect: "NoSchedule" }, [{ key: "gpu", operator: "Equal", value: "only" }], true],
    [{ key: "gpu", value: "only", effect: "NoSchedule" }, [{ key: "gpu", operator: "Equal", value: "other" }], false],
    [{ key: "gpu", effect: "NoSchedule" }, [{ key: "gpu", operator: "Equal" }], true],
    [{ key: "gpu", effect: "NoExecute" }, [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }], false],
    [{ key: "gpu", effect: "NoSchedule" }, [{ operator: "Exists" }], true],
  ])("put up with %j by %j: %s", (taint, tolerations, expected) => {
    expect(fits([group(1, { gpu: 1 }, { tolerations })], [ground({ gpu: 1 }, { taints: [taint] })])).toBe(expected);
  });
});
