import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ApiException, KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { CLUSTER_PROGRAMS, startCluster } from "../../automation/rehearsal/cluster/cluster.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { seed } from "../../automation/rehearsal/cluster/seed.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import type { ChartInstallArgs } from "../../components/charts/install.ts";
import { parseLab } from "../../components/lab/parse.ts";
import type { LabConfig } from "../../components/lab/sections.ts";
import { planOf, withCharts } from "../../components/lab/plan.ts";
import { VisionPlatform } from "../../components/platform.ts";
import { keyOf, roundsOf, type Mutation } from "../fixtures/inputs/mutations.ts";
import { chartObjects, miniatures, registeredObjects, type Renderer, type Sent } from "../fixtures/inputs/render.ts";
import { wholeStack, type Sections } from "../fixtures/inputs/whole-stack.ts";
import { lost, withWords } from "../fixtures/inputs/yaml-words.ts";
import { recordRegistrations, settled } from "../unit/registrations.ts";
import { exampleGround } from "./ground.ts";

/** How many stack files are tried. Each has another value at every key that takes one. */
const ROUNDS = 5;
/** Another seed tries other values: VISION_PLATFORM_SEED=7 npx vitest run --project rehearsal test/rehearsal/inputs.test.ts */
const SEED = Number(process.env["VISION_PLATFORM_SEED"] ?? 1);
const AT_ONCE = 24;

// A value that makes the program throw is what this looks for, and its error has to be readable: Node 20 walks for ever over a stack with
// the SDK's frames. (components/program/run-errors.ts)
Error.stackTraceLimit = 0;

// They ask a running lab; here only what is registered is of interest.
vi.mock("../../components/nuclio/observe.ts", () => ({ observeFunctions: () => Promise.resolve({}) }));
vi.mock("../../components/images/nodes.ts", () => ({
  nodesOf: () => Promise.resolve([]),
  checkNodes: () => undefined,
}));

const installs: ChartInstallArgs[] = [];
const initializer = { image: "cvat/server:v2.64.0", env: [{ name: "A", value: "b" }] };

// The SDK's stand-in of the engine renders no chart. Helm does below, with what the chart is given here.
vi.mock("../../components/charts/install.ts", () => ({
  ChartInstall: class {
    readonly ready = pulumi.output(undefined);
    readonly ledger = pulumi.output([]);
    // One is enough for a policy with everything that a stack file says of the ways to CVAT.
    readonly workloads = pulumi.output([
      {
        namespace: "cvat",
        name: "cvat-backend-server",
        labels: { app: "cvat" },
        ports: [{ name: "http", port: 8080 }],
      },
    ]);
    readonly ownPolicies = pulumi.output([]);
    constructor(_: string, args: ChartInstallArgs) {
      installs.push(args);
    }
    object() {
      return pulumi.output({ spec: { template: { spec: { containers: [initializer] } } } });
    }
    addressOf() {
      return pulumi.output("192.0.2.99");
    }
  },
}));

const registered = recordRegistrations((_, length) => "a".repeat(length));
let home: Home;
let renderer: Renderer;
let client: KubernetesObjectApi;

beforeAll(async () => {
  const tools = await obtainTools([...CLUSTER_PROGRAMS, "helm"], { progress: silentProgress });
  home = await createHome(freshName("inputs"), { kept: false });
  const cluster = await startCluster({ home: home.folder, tools, progress: { update: () => undefined } });
  await seed(cluster, exampleGround());
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  client = KubernetesObjectApi.makeApiClient(config);
  const helm = tools.find(({ name }) => name === "helm")?.path ?? "";
  renderer = { helm, folder: await mkdtemp(path.join(tmpdir(), "inputs-")), known: new Map(), charts: new Map() };
});
afterAll(async () => {
  await removeHome(home.folder);
  await rm(renderer.folder, { recursive: true, force: true });
});

it("what config check takes, Helm and the API server take", async () => {
  const stacks = roundsOf(wholeStack(), ROUNDS, SEED);
  const values = stacks.reduce((sum, { mutations }) => sum + mutations.length, 0);
  process.stdout.write(`${values} values in ${ROUNDS} stack files, seed ${SEED}\n`);
  expect(values).toBeGreaterThan(ROUNDS * 100);
  const refused: string[] = [];
  for (const [round, { sections, mutations }] of stacks.entries()) {
    // With sign-in the chart makes no Ingress, so that some have none.
    if (round % 2 === 1) delete sections["sso"];
    refused.push(...(await refusalsOf(soundLab(sections), mutations)));
  }
  expect([...new Set(refused)]).toEqual([]);
});

it("texts that YAML takes for something else arrive as they are, from every map that a person fills", async () => {
  const { sections, words } = withWords(wholeStack());
  const lab = soundLab(sections);
  expect(await refusalsOf(lab, [])).toEqual([]);
  // Arguments of the image's build, and what is said of a rehearsal's cluster, go into no object.
  const sent = words.filter(({ map }) => !/^(clearml\.agent\.image\.delivery\.buildArgs$|rehearsal\.)/.test(map));
  expect(sent.length).toBeGreaterThan(500);
  expect(lost(sent, (await objectsOf(lab)).objects)).toEqual([]);
});

it.each<[string, (lab: LabConfig) => void, RegExp]>([
  [
    "a host with a scheme",
    (lab) => {
      // With sign-in the chart makes no Ingress.
      lab.sso = undefined;
      lab.cvat.ingress.host = "http://";
    },
    /Ingress .*RFC 1123/,
  ],
  ["a label with a blank", ({ functions }) => (fn(functions).nodeSelector = { a: "x y" }), /valid label must/],
  [
    "a taint without a key",
    ({ functions }) => (fn(functions).tolerations = [{ operator: "Equal" }]),
    /operator must be Exists when/,
  ],
  [
    "more asked for than there may be",
    ({ cvat }) => (cvat.server.resources = { requests: { cpu: "2" }, limits: { cpu: "1" } }),
    /must be less than or equal to cpu limit/,
  ],
  ["a namespace that YAML reads as a number", ({ cvat }) => (cvat.namespace = "1e3"), /no text|unmarshal/],
])("sees what an older check let through: %s", async (_, change, words) => {
  const lab = soundLab(wholeStack());
  change(lab);
  expect((await refusalsOf(lab, [])).join("\n")).toMatch(words);
});

function soundLab(sections: Sections): LabConfig {
  const { lab, problems } = parseLab(sections);
  if (!lab) throw new Error(`no sound stack file: ${JSON.stringify(problems)}`);
  return lab;
}

function fn(functions: LabConfig["functions"]) {
  const found = functions["yolo11x"];
  if (!found) throw new Error("the stack file has no such function");
  return found;
}

/** What Helm and the API server have against a lab, each once. */
async function refusalsOf(lab: LabConfig, mutations: readonly Mutation[]): Promise<string[]> {
  const { objects, problem } = await objectsOf(lab);
  const found = problem === undefined ? [] : [told(problem, problem, mutations)];
  const all = await Promise.all(objects.map(answerTo));
  return [
    ...found,
    ...all.flatMap((answer, index) =>
      answer === undefined ? [] : [told(answer, JSON.stringify(objects[index]), mutations)],
    ),
  ];
}

/** Everything the program would send for a lab, or what keeps Helm from it. */
async function objectsOf(lab: LabConfig): Promise<{ objects: Sent[]; problem?: string }> {
  installs.length = 0;
  registered.length = 0;
  // Of the charts' versions only those that a release is known with can be had here.
  const charts = await miniatures(renderer, planOf(soundLab(wholeStack()), { labels: {} }).charts);
  const delivery = { context: "images/clearml-agent", checkout: path.resolve(import.meta.dirname, "../..") };
  const platform = new VisionPlatform("lab", {
    plan: withCharts(planOf(lab, { labels: {} }), charts),
    charts,
    found: { seen: true, existing: new Set(), missing: [] },
    prepared: { inPlaceOfOld: new Set(), madeAgain: new Set() },
    delivery,
  });
  await new Promise((resolve) => platform.urn.apply(resolve));
  await settled(registered);
  const own = registered.flatMap(registeredObjects);
  try {
    const rendered = await Promise.all(installs.map((args) => chartObjects(renderer, args)));
    return { objects: [...own, ...rendered.flat()] };
  } catch (error) {
    return { objects: own, problem: String((error as { stderr?: unknown }).stderr ?? error) };
  }
}

const answers = new Map<string, Promise<string | undefined>>();
let running: Promise<unknown>[] = [];

/** What the API server has against an object, asked once. Names that are taken are not its affair. */
async function answerTo(object: Sent): Promise<string | undefined> {
  const { namespace } = object.metadata;
  const label = `${object.kind} ${object.metadata.name}`;
  if (namespace !== undefined && typeof namespace !== "string") return `${label}: its namespace is no text`;
  // A namespace of the lab is not there in a dry run; that it could be is asked by its own object.
  const sent = {
    ...object,
    metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace: "default" }) },
  };
  const text = JSON.stringify(sent);
  const before = answers.get(text);
  if (before) return before;
  while (running.length >= AT_ONCE) await Promise.race(running);
  const asked = client.create(sent, undefined, "All").then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof ApiException)) throw error;
      return error.code === 409 ? undefined : `${label}: ${String(error.body)}`;
    },
  );
  answers.set(text, asked);
  const slot = asked.catch(() => undefined);
  running.push(slot);
  void slot.then(() => (running = running.filter((one) => one !== slot)));
  return asked;
}

/** The answer with the keys of the stack file whose value is in what was refused. */
function told(answer: string, text: string, mutations: readonly Mutation[]): string {
  const sentence = /"message":"((?:[^"\\]|\\.)*)"/.exec(answer)?.[1] ?? answer;
  const suspects = mutations.filter(
    ({ value }) => typeof value === "string" && value !== "" && sentence.includes(value),
  );
  const keys =
    suspects.length > 0
      ? suspects
      : mutations.filter(({ value }) => typeof value !== "string" && text.includes(String(value)));
  return `${answer.split(":")[0] ?? ""}: ${sentence.slice(0, 300)} <- ${keys
    .slice(0, 5)
    .map((one) => `${keyOf(one.path)}=${JSON.stringify(one.value)}`)
    .join(", ")}`;
}
