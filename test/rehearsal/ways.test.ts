import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { WORK_LABEL } from "../../automation/data/in-cluster/job.ts";
import { silentProgress } from "../../automation/progress.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import type { ChartInstallArgs } from "../../components/charts/install.ts";
import { noteNetwork, workloadsOf, type NetworkParts } from "../../components/charts/workloads.ts";
import type { SeenCluster } from "../../components/kubernetes/seen.ts";
import { planOf, withCharts } from "../../components/lab/plan.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { policiesOf } from "../../components/network/policies.ts";
import { WAYS } from "../../components/network/ways.ts";
import { VisionPlatform } from "../../components/platform.ts";
import { signInLab, TOKEN_HOST } from "../fixtures/edge/lab.ts";
import { exampleStack, wholeStack, type Sections } from "../fixtures/inputs/whole-stack.ts";
import { chartObjects, miniatures, registeredObjects, type Renderer, type Sent } from "../fixtures/inputs/render.ts";
import {
  connectionsTo,
  namedConnections,
  publishedConnections,
  type SentLab,
} from "../fixtures/network/connections.ts";
import { edgeConnections } from "../fixtures/network/edge.ts";
import { isAllowed, selecting, type Connection, type PolicyObject, type Side } from "../fixtures/network/evaluate.ts";
import { podsIn } from "../fixtures/network/objects.ts";
import { recordRegistrations, settled } from "../unit/registrations.ts";

// They ask a running lab; here only what is registered is of interest.
vi.mock("../../components/nuclio/observe.ts", () => ({ observeFunctions: () => Promise.resolve({}) }));
vi.mock("../../components/images/nodes.ts", () => ({
  nodesOf: () => Promise.resolve([]),
  checkNodes: () => undefined,
}));

const rendered: Promise<Sent[]>[] = [];

/** What a chart comes to, by Helm itself, in its namespace. */
async function render(args: ChartInstallArgs): Promise<Sent[]> {
  const namespace = await new Promise<string>((resolve) => pulumi.output(args.namespace).apply(resolve));
  const objects = await chartObjects(renderer, args);
  for (const { metadata } of objects) metadata.namespace ??= namespace;
  return objects;
}

// The SDK's stand-in of the engine renders no chart: Helm does, and the pods are those of its objects.
vi.mock("../../components/charts/install.ts", () => ({
  ChartInstall: class {
    readonly ready = pulumi.output(undefined);
    readonly ledger = pulumi.output([]);
    readonly workloads;
    readonly ownPolicies;
    readonly #objects;
    constructor(_: string, args: ChartInstallArgs) {
      this.#objects = render(args);
      rendered.push(this.#objects);
      const parts = this.#objects.then((objects) => {
        const noted: NetworkParts = { workloads: [], services: [], policies: [] };
        for (const object of objects) noteNetwork(object, noted);
        return noted;
      });
      this.workloads = pulumi.all([parts, args.namespace]).apply(([noted, where]) => workloadsOf(noted, where));
      this.ownPolicies = pulumi.output(parts).apply(({ policies }) => policies);
    }
    object(kind: string, name: string) {
      return pulumi
        .output(this.#objects)
        .apply((all) => all.find((one) => one.kind === kind && one.metadata.name === name));
    }
    addressOf() {
      return pulumi.output("192.0.2.99");
    }
  },
}));

type PoliciesArgs = Parameters<typeof policiesOf>;
const asked: PoliciesArgs[] = [];
vi.mock("../../components/network/policies.ts", async (actual) => {
  const own = await actual<typeof import("../../components/network/policies.ts")>();
  return {
    ...own,
    policiesOf: (...args: PoliciesArgs) => {
      asked.push(args);
      return own.policiesOf(...args);
    },
  };
});

const registered = recordRegistrations((_, length) => "a".repeat(length));
let renderer: Renderer;

beforeAll(async () => {
  const [helm] = await obtainTools(["helm"], { progress: silentProgress });
  const folder = await mkdtemp(path.join(tmpdir(), "ways-"));
  renderer = { helm: helm?.path ?? "", folder, known: new Map(), charts: new Map() };
});
afterAll(() => rm(renderer.folder, { recursive: true, force: true }));

const service = (namespace: string, name: string, port: number, targetPort: number | string, address: string) => ({
  namespace,
  name,
  type: "ClusterIP",
  addresses: [address],
  ports: [{ port, targetPort, protocol: "TCP" as const }],
  selector: { app: name },
  externalName: undefined,
});

const CONTROL_PLANE = "172.20.0.11";
const OTHER_NODE = "172.20.0.12";

/** A K3s of two nodes, with the services of others that the stack files name. Ports of pods are others than those of Services. */
const SEEN: SeenCluster = {
  nodes: [
    { name: "agent", addresses: [OTHER_NODE], podRanges: ["10.42.1.0/24"], isControlPlane: false },
    { name: "server", addresses: [CONTROL_PLANE], podRanges: ["10.42.0.0/24"], isControlPlane: true },
  ],
  services: [
    service("default", "kubernetes", 443, 6443, "10.43.0.1"),
    service("minio", "minio", 9000, "api", "192.0.2.30"),
    service("postgres", "postgresql", 5432, 5433, "10.43.1.1"),
    service("valkey", "valkey-queues", 6379, 6380, "10.43.1.2"),
    service("valkey", "valkey-cache", 6379, 6381, "10.43.1.3"),
    service("clickhouse", "clickhouse", 8123, "http", "10.43.1.4"),
    { ...service("kube-system", "traefik", 443, "websecure", "192.0.2.20"), type: "LoadBalancer" },
  ],
};

const DNS: Side = { name: "kube-dns", pod: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } } };

/** Sections of each layout that a lab may have. */
const LAYOUTS: Readonly<Record<string, () => Promise<Sections>>> = {
  homelab: () => Promise.resolve(homelab()),
  "everything, with sign-in": () => {
    const sections = wholeStack() as Record<string, Record<string, unknown>>;
    const source = { url: "http://192.168.7.70:3000/code.git", kind: "git", branch: "main" };
    const built = {
      kind: "detector",
      description: "Built",
      labels: [{ name: "a" }],
      build: { source, image: "built:1" },
    };
    sections["functions"] = { ...sections["functions"], built };
    sections["cvat"] = { ...sections["cvat"], smokescreen: { allowAddresses: ["192.168.7.60:9000"] } };
    sections["network"] = { alsoTo: ["192.168.7.80/32"] };
    return Promise.resolve(sections);
  },
  "services of others": async () => {
    const { config } = parse(await readFile("Pulumi.platform.yaml", "utf8")) as { config: Sections };
    const sections = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.replace("vision-platform:", ""), value]),
    );
    return { ...sections, sso: { ...(sections["sso"] as object), secrets: { keycloak: "a-secret" } } };
  },
  "a Gateway that is not Traefik's": () => {
    const gateway = { name: "lab", namespace: "gateways", implementation: "other" };
    const { cvat, sso } = signInLab({ ingress: { edge: "gateway", gateway }, sso: { tokenHost: TOKEN_HOST } });
    return Promise.resolve({ ...homelab(), cvat, sso: { ...(sso as object), secrets: { client: "a-secret" } } });
  },
  "images that make no table of events": () =>
    Promise.resolve({ ...homelab(), cvat: { version: "2.39.0", chart: "0.17.1" } }),
};

function homelab(): Sections {
  const sections = exampleStack() as Record<string, Record<string, unknown>>;
  const credentials = { accessKey: "an-access-key", secretKey: "a-secret-key" };
  return { ...sections, objectStore: { ...sections["objectStore"], credentials } };
}

interface Layout {
  lab: SentLab;
  args: PoliciesArgs;
  policies: PolicyObject[];
  /** What must work. */
  wanted: Connection[];
}

const layouts = new Map<string, Promise<Layout>>();

/** A layout as `up` would send it, brought up once. */
function layoutOf(name: string): Promise<Layout> {
  const known = layouts.get(name) ?? bring(name);
  layouts.set(name, known);
  return known;
}

/** Everything that the program would send for a stack file. */
async function sent(sections: Sections): Promise<Pick<SentLab, "objects">> {
  registered.length = rendered.length = asked.length = 0;
  const { lab: config, problems } = parseLab(sections);
  if (!config) throw new Error(JSON.stringify(problems));
  const plan = planOf(config, { labels: {} });
  const charts = await miniatures(renderer, plan.charts);
  const platform = new VisionPlatform("lab", {
    plan: withCharts(plan, charts),
    charts,
    found: { seen: true, existing: new Set(), missing: [] },
    prepared: { inPlaceOfOld: new Set(), madeAgain: new Set(), seen: SEEN },
    delivery: { context: "images/clearml-agent", checkout: path.resolve(import.meta.dirname, "../..") },
  });
  await new Promise((resolve) => platform.urn.apply(resolve));
  const ofCharts = (await Promise.all(rendered)).flat();
  if (config.network.policies) await vi.waitUntil(() => asked.length > 0, { timeout: 30_000 });
  await settled(registered);
  return { objects: [...registered.flatMap(registeredObjects), ...ofCharts] };
}

async function bring(name: string): Promise<Layout> {
  const { objects } = await sent((await LAYOUTS[name]?.()) ?? {});
  const [args] = asked;
  if (!args) throw new Error("no policies were asked for");
  const namespaceOf = ({ metadata }: Sent) => metadata.namespace ?? "";
  const lab: SentLab = { objects, pods: podsIn(objects, namespaceOf), namespaceOf, others: SEEN.services ?? [] };
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy") as unknown as PolicyObject[];
  const named = [...namedConnections(lab), ...edgeConnections(lab), ...publishedConnections(lab)];
  // Containers of one pod name the same again and again.
  const wanted = new Map([...named, ...knownConnections(lab)].map((one) => [told(one), one]));
  return { lab, args, policies, wanted: [...wanted.values()] };
}

/** What no setting of a pod names, each with where it is known from. */
function knownConnections(lab: SentLab): Connection[] {
  const public_ = { name: "the internet", address: "203.0.113.9" };
  const from = (name: RegExp) => lab.pods.filter(({ side }) => name.test(side.name)).map(({ side }) => side);
  const each = (name: RegExp, to: Side, port: number, what: string): Connection[] =>
    from(name).map((side) => ({ from: side, to, port, what }));
  const place = (name: RegExp, host: string, port: number, what: string) =>
    from(name).flatMap((side) => connectionsTo({ host, port, what }, side, lab));
  const apiServer = { name: "API server", address: CONTROL_PLANE };
  const dashboards = from(/^cvat-nuclio-dashboard$/);
  const kaniko: Side = {
    name: "kaniko",
    pod: {
      namespace: "cvat",
      labels: { "job-name": "nuclio-kanikojob.a", "batch.kubernetes.io/job-name": "nuclio-kanikojob.a" },
    },
  };
  const builds = JSON.stringify(lab.objects).includes("registry.example:5000") ? [kaniko] : [];
  return [
    ...lab.pods.map(({ side }) => ({ from: side, to: DNS, port: 53, protocol: "UDP" as const, what: "names" })),
    ...place(/^cvat-backend-server$/, "opa", 8181, "cvat/settings/base.py: IAM_OPA_HOST"),
    ...each(
      /^cvat-nuclio-(dashboard|controller)$|^clearml-agent$|^cvat-certificate-copy$/,
      apiServer,
      6443,
      "their Roles",
    ),
    ...[CONTROL_PLANE, "10.42.0.0", "10.42.0.1"].flatMap((address) =>
      dashboards.map((to) => ({ from: { name: "API server", address }, to, port: 8070, what: "service proxy" })),
    ),
    ...builds.flatMap((side) => dashboards.map((to) => ({ from: side, to, port: 8070, what: "what kaniko builds" }))),
    ...dashboards.flatMap((side) =>
      from(/^nuclio-/).map((to) => ({ from: side, to, port: 8080, what: "invocations" })),
    ),
    ...(builds.length > 0
      ? dashboards.map((side) => ({
          from: side,
          to: { name: "git", address: "192.168.7.70" },
          port: 3000,
          what: "build.source.url",
        }))
      : []),
    ...(builds.length > 0
      ? each(/^cvat-backend-server$/, { name: "more", address: "192.168.7.80" }, 1234, "network.alsoTo")
      : []),
    ...place(/^clearml-apiserver-asyncdelete$/, "192.0.2.30", 9000, "its key of the store"),
    ...place(/^nuclio-yolo11x$/, "192.0.2.30", 9000, "its model"),
    ...place(/^backup-/, "192.0.2.30", 9000, "their settings.json: store"),
    ...place(/^backup-(projects|drill)$/, "cvat-backend-service", 8080, "their settings.json: cvat.address"),
    ...place(/^backup-mongodb$/, "clearml-mongodb", 27017, "its database"),
    ...each(/^backup-/, public_, 443, "backup.notify.url"),
    ...each(/^cvat-grafana$/, public_, 443, "GF_INSTALL_PLUGINS"),
    ...each(/^cvat-backend-(server|worker-)|^nuclio-|^clearml-agent$/, public_, 443, "addresses of the internet"),
    ...place(/^clearml-elastic-master$/, "clearml-elastic-master-headless", 9300, "its nodes among themselves"),
  ];
}

const told = ({ from, to, port, what }: Connection) => `${from.name} -> ${to.name}:${port} (${what})`;
const refusedOf = (policies: readonly PolicyObject[], wanted: readonly Connection[]) => [
  ...new Set(wanted.filter((one) => !isAllowed(policies, one)).map(told)),
];
const asObjects = (policies: ReturnType<typeof policiesOf>) =>
  policies.map(({ name, namespace, spec }) => ({ metadata: { name, namespace }, spec })) as unknown as PolicyObject[];

describe.each(Object.keys(LAYOUTS))("%s", (name) => {
  test("what pods are told to call, they may call", async () => {
    const { policies, wanted } = await layoutOf(name);
    expect(wanted.length).toBeGreaterThan(50);
    expect(refusedOf(policies, wanted)).toEqual([]);
  });

  test("every pod of the lab has one policy, which closes it in both directions", async () => {
    const { lab, policies } = await layoutOf(name);
    const counts = lab.pods.map(({ side }) => [side.name, selecting(policies, side).length]);
    expect(counts.filter(([, count]) => count !== 1)).toEqual([]);
    expect(policies.filter(({ spec }) => spec.policyTypes?.join() !== "Ingress,Egress")).toEqual([]);
    const rules = policies.flatMap(({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])]);
    // An empty list would be everybody.
    expect(rules.flatMap((rule) => Object.values(rule)).filter((list) => list.length === 0)).toEqual([]);
  });
});

/** Pods of no system, of people, and nodes that are none of the API server's. */
const STRANGERS: readonly Side[] = [
  {
    name: "a pod of another namespace",
    pod: { namespace: "default", labels: { app: "anything" } },
    address: "10.42.1.9",
  },
  { name: "a pod of CVAT's namespace", pod: { namespace: "cvat", labels: { run: "shell" } }, address: "10.42.1.9" },
  { name: "a task of ClearML", pod: { namespace: "clearml", labels: { CLEARML: "agent" } }, address: "10.42.1.9" },
  {
    name: "a Job of somebody's",
    pod: { namespace: "cvat", labels: { app: "somebody", "batch.kubernetes.io/job-name": "a" } },
  },
  {
    name: "a Job of `dataset … --in-cluster`",
    pod: {
      namespace: "cvat",
      labels: {
        "app.kubernetes.io/managed-by": "vision-platform",
        [WORK_LABEL]: "a",
        "batch.kubernetes.io/job-name": "a",
      },
    },
  },
  { name: "another node", address: OTHER_NODE },
  { name: "a machine of the network", address: "192.0.2.200" },
];

describe("everything, with sign-in", () => {
  /** Each served port of each pod of the lab. */
  async function servedPorts() {
    const { args, lab } = await layoutOf("everything, with sign-in");
    return args[1].flatMap(({ name, ports }) =>
      lab.pods
        .filter(({ side }) => side.name === name || (name === "cvat-functions" && side.name.startsWith("nuclio-")))
        .flatMap(({ side }) => ports.map(({ port }) => ({ side, port }))),
    );
  }

  test("strangers reach nothing but ClearML's three servers", async () => {
    const { policies } = await layoutOf("everything, with sign-in");
    const served = await servedPorts();
    expect(served.length).toBeGreaterThan(20);
    const open = STRANGERS.flatMap((from) =>
      served.filter(({ side, port }) => isAllowed(policies, { from, to: side, port, what: "" })),
    );
    const names = [...new Set(open.map(({ side }) => side.name))].sort();
    expect(names).toEqual(["clearml-apiserver", "clearml-fileserver", "clearml-webserver"]);
  });

  test("who of the lab reaches Nuclio's dashboard, and who a database", async () => {
    const { lab, policies } = await layoutOf("everything, with sign-in");
    const served = await servedPorts();
    const callersOf = (name: string) =>
      lab.pods
        .filter(({ side: from }) => from.name !== name)
        .filter(({ side: from }) =>
          served.some(
            ({ side, port }) => side.name === name && isAllowed(policies, { from, to: side, port, what: "" }),
          ),
        )
        .map(({ side }) => side.name)
        .sort();
    const workers = ["annotation", "chunks", "consensus", "export", "import", "qualityreports", "utils", "webhooks"];
    const cvat = [
      "cvat-backend-initializer-r1",
      "cvat-backend-server",
      ...workers.map((one) => `cvat-backend-worker-${one}`),
    ];
    const callers = {
      "cvat-nuclio-dashboard": ["cvat-backend-server", "cvat-backend-worker-annotation"],
      "cvat-postgresql": ["backup-postgresql", ...cvat, "cvat-users"],
      "cvat-redis-master": [...cvat, "cvat-users"],
      "cvat-kvrocks": [...cvat, "cvat-users"],
      "cvat-clickhouse-shard0": [...cvat, "cvat-grafana", "cvat-users", "cvat-vector"],
      "cvat-sso-sessions": ["cvat-sso-proxy"],
      "clearml-mongodb": ["backup-mongodb", "clearml-apiserver", "clearml-apiserver-asyncdelete"],
      "clearml-elastic-master": ["clearml-apiserver", "clearml-apiserver-asyncdelete"],
      "clearml-redis-master": ["clearml-apiserver", "clearml-apiserver-asyncdelete", "clearml-fileserver"],
    };
    expect(Object.fromEntries(Object.keys(callers).map((name) => [name, callersOf(name)]))).toEqual(callers);
  });

  test("what nobody named is not reached from the lab", async () => {
    const { lab, policies } = await layoutOf("everything, with sign-in");
    const outside: [string, string, number][] = [
      ["a camera of the network", "192.168.1.9", 80],
      ["cloud metadata", "169.254.169.254", 80],
      ["the API server", CONTROL_PLANE, 6443],
      ["a node's kubelet", OTHER_NODE, 10_250],
      ["a pod's address, as a block", "10.42.1.77", 80],
    ];
    const reached = lab.pods.flatMap(({ side: from }) =>
      outside
        .filter(([name, address, port]) => isAllowed(policies, { from, to: { name, address }, port, what: "" }))
        .map(([name]) => `${from.name} -> ${name}`),
    );
    const byRight = ["clearml-agent", "cvat-certificate-copy", "cvat-nuclio-controller", "cvat-nuclio-dashboard"];
    expect([...new Set(reached)].sort()).toEqual(byRight.map((name) => `${name} -> the API server`));
  });
});

/** What works in a layout, and no longer where one row is missing. */
async function brokenWithout(id: string): Promise<string[]> {
  const ways = WAYS.filter((way) => way.id !== id);
  const all = await Promise.all(
    Object.keys(LAYOUTS).map(async (name) => {
      const { args, policies, wanted } = await layoutOf(name);
      const [, workloads, outside, network] = args;
      const works = wanted.filter((one) => isAllowed(policies, one));
      return refusedOf(asObjects(policiesOf(ways, workloads, outside, network)), works);
    }),
  );
  return all.flat();
}

test.each(WAYS.map(({ id }) => id))("without %s, what pods are told to call is refused", async (id) => {
  expect((await brokenWithout(id)).length).toBeGreaterThan(0);
});

test("one key, and there is no policy", async () => {
  const { objects } = await sent({ ...homelab(), network: { policies: false } });
  expect(objects.map(({ kind }) => kind)).toContain("Deployment");
  expect(objects.filter(({ kind }) => kind === "NetworkPolicy")).toEqual([]);
});
