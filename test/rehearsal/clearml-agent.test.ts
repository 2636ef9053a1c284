import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  KubeConfig,
  KubernetesObjectApi,
  type KubernetesObject,
  type V1ConfigMap,
  type V1Deployment,
  type V1Secret,
} from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { silentProgress } from "../../automation/progress.ts";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { CLUSTER_PROGRAMS, startCluster, type Cluster } from "../../automation/rehearsal/cluster/cluster.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { seed } from "../../automation/rehearsal/cluster/seed.ts";
import { miniatureChart } from "../../automation/rehearsal/miniatures.ts";
import { CLEARML_SERVICE } from "../../automation/rehearsal/services/clearml/row.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { ClearMlAgent } from "../../components/clearml/agent/agent.ts";
import { ClearMl } from "../../components/clearml/clearml.ts";
import { ClearmlClient } from "../../components/clearml/client/client.ts";
import type { S3Access } from "../../components/clearml/conf.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { find, findInFiles, type Canary } from "./canaries.ts";
import { engineIn, type TestEngine } from "./engine.ts";
import { secretsReadBy, type PodSpec } from "../../components/secrets/restart-readers.ts";
import { problemsOf } from "./failure.ts";
import { exampleGround } from "./ground.ts";
import { planned, plannedClearml } from "../fixtures/inputs/planned.ts";

const NAMESPACE = "clearml-agent";

const S3: S3Access = {
  endpoint: "192.0.2.30:9000",
  secure: false,
  accessKey: "canary-of-the-s3-key",
  secretKey: "canary-of-the-s3-secret",
  bucket: "clearml",
};

/** As the job that deletes files has it. */
const DELETES: S3Access = { ...S3, accessKey: "canary-of-the-delete-key", secretKey: "canary-of-the-delete-secret" };

interface Person {
  username: string;
  name: string;
  password?: string;
}
const ANNA = { username: "anna", name: "Anna", password: "first-of-anna" };
const BOB = { username: "bob", name: "Bob", password: "password-of-bob" };

/** The stack of each run; tests change it. */
const addresses = { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" };
const stack = {
  queue: "gpu",
  s3: S3,
  deletes: DELETES,
  readyTimeoutMs: 120_000,
  addresses,
  users: [ANNA, BOB] as Person[],
  keyRotations: {},
};

let home: Home;
let cluster: Cluster;
let engine: TestEngine;
let client: KubernetesObjectApi;
let endpoint: string;

beforeAll(async () => {
  home = await createHome(freshName("agent"), { kept: false });
  const tools = await obtainTools([...ENGINE_PROGRAMS, ...CLUSTER_PROGRAMS], { progress: silentProgress });
  const progress = { update: () => undefined };
  cluster = await startCluster({ home: home.folder, tools, progress });
  await seed(cluster, exampleGround());
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  client = KubernetesObjectApi.makeApiClient(config);
  const plan = planned({ clearml: { addresses } });
  const started = await CLEARML_SERVICE.start({ home: home.folder, tools, plan, cluster, progress, started: {} });
  endpoint = started.url;
  const charts = path.join(home.folder, "charts");
  const [server, agent] = await Promise.all([
    miniatureChart("clearml", "7.14.7", charts),
    miniatureChart("clearml-agent", "5.3.3", charts),
  ]);
  engine = await engineIn({ folder: home.folder, tools, program: () => install(server.path, agent.path) });
});
afterAll(() => removeHome(home.folder));

class Lab extends pulumi.ComponentResource {
  constructor() {
    super("test:index:Lab", "lab", {}, { providers: [new OwnProvider("dynamic")] });
  }
}

/** ClearML and its agent, as the platform installs them. */
function install(serverChart: string, agentChart: string): Promise<Record<string, unknown>> {
  const parts = { parent: new Lab() };
  const provider = new k8s.Provider("cluster", {
    kubeconfig: cluster.kubeconfig,
    context: cluster.context,
    enableServerSideApply: true,
    clusterIdentifier: "agent",
  });
  const { queue, s3, deletes, users, keyRotations } = stack;
  const plan = plannedClearml({
    endpoint,
    addresses: stack.addresses,
    users,
    keyRotations,
    storage: { class: "longhorn" },
    agent: {
      enabled: true,
      queue,
      tasks: {
        nodeSelector: { "nvidia.com/gpu.present": "true" },
        tolerations: [{ key: "gpu", operator: "Exists" }],
      },
    },
  });
  const { config } = plan;
  if (!plan.agent) throw new Error("the stack has no agent");
  const made = {
    provider,
    access: { kubeconfig: cluster.kubeconfig, context: cluster.context },
    readyTimeoutMs: stack.readyTimeoutMs,
  };
  const chart = (name: string, version: string, path: string) => ({ name, version, path, origin: "override" }) as const;
  const server = new ClearMl(
    "clearml",
    { plan, chart: chart("clearml", "7.14.7", serverChart), cluster: made, s3: pulumi.secret(deletes) },
    parts,
  );
  const agent = new ClearMlAgent(
    "clearml-agent",
    {
      config,
      plan: plan.agent,
      chart: chart("clearml-agent", "5.3.3", agentChart),
      cluster: made,
      server,
      s3: pulumi.secret(s3),
      delivery: { context: "images/clearml-agent", checkout: PROJECT_FOLDER },
    },
    parts,
  );
  return Promise.resolve({ agent: agent.image, ledger: agent.ledger });
}

const get = <T extends KubernetesObject>(apiVersion: string, kind: string, name: string) =>
  client.read<T>({ apiVersion, kind, metadata: { name, namespace: NAMESPACE } });

const textsOf = ({ data = {} }: V1Secret) =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));

const as = (accessKey: string, secretKey: string) => new ClearmlClient({ endpoint, accessKey, secretKey });

/** The API as the agent uses it: with the pair of its own Secret. */
async function api(): Promise<ClearmlClient> {
  const texts = textsOf(await get<V1Secret>("v1", "Secret", "clearml-agent-credentials"));
  const { agentk8sglue_key: accessKey = "", agentk8sglue_secret: secretKey = "" } = texts;
  return as(accessKey, secretKey);
}

/** What the server answers to a token. */
async function answerTo(token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`${endpoint}/queues.get_default`, { method: "POST", headers, body: "{}" })).status;
}

/** A token of somebody's, which lives for a month. */
const tokenOf = async (who: ClearmlClient) => (await who.call<{ token: string }>("auth.login")).token;

interface TaskTemplate {
  apiVersion: string;
  metadata: { name?: string; namespace: string };
  spec: { containers: object[]; restartPolicy?: string };
}

interface Queue {
  id: string;
  name: string;
}
const queues = async () =>
  (await (await api()).call<{ queues: Queue[] }>("queues.get_all")).queues.sort((a, b) => (a.name < b.name ? -1 : 1));
const queueNames = async () => (await queues()).map(({ name }) => name);

const changesOf = (outcome: Awaited<ReturnType<TestEngine["run"]>>) =>
  outcome.changes.map(({ operation, kind, short }) => `${operation} ${kind} ${short}`).sort();

describe("ClearML's agent on a real API server", () => {
  it("goes up with the server, first preview included", async () => {
    const plan = await engine.run("preview");
    const done = await engine.run("up");
    expect(plan.counts["create"]).toBe(done.counts["create"]);
    const deployment = await get<V1Deployment>("apps/v1", "Deployment", "clearml-agent");
    expect(deployment.status?.readyReplicas).toBe(1);
    expect(deployment.spec?.strategy?.type).toBe("Recreate");
    const containers = [
      ...(deployment.spec?.template.spec?.initContainers ?? []),
      ...(deployment.spec?.template.spec?.containers ?? []),
    ];
    expect(containers.map(({ image }) => image)).toEqual(Array(2).fill("registry.internal/clearml-agent:2.0.7-2"));
  });

  it("gives tasks a pod with GPU, node, RuntimeClass and keys by reference, and no token", async () => {
    const { data = {} } = await get<V1ConfigMap>("v1", "ConfigMap", "clearml-agent-pt");
    expect(parse(data["template.yaml"] ?? "")).toMatchObject({
      spec: {
        runtimeClassName: "nvidia",
        automountServiceAccountToken: false,
        nodeSelector: { "nvidia.com/gpu.present": "true" },
        tolerations: [{ key: "gpu", operator: "Exists" }],
        containers: [
          {
            resources: { limits: { "nvidia.com/gpu": "1" } },
            env: expect.arrayContaining([
              {
                name: "VISION_PLATFORM_S3_SECRET_KEY",
                valueFrom: { secretKeyRef: { name: "clearml-agent-credentials", key: "s3_secret_key" } },
              },
            ]) as unknown,
          },
        ],
      },
    });
  });

  it("gives tasks a pod that the API server takes", async () => {
    const { data = {} } = await get<V1ConfigMap>("v1", "ConfigMap", "clearml-agent-pt");
    const pod = parse(data["template.yaml"] ?? "") as KubernetesObject & TaskTemplate;
    // What the agent adds to it. (clearml-agent 2.0.7, glue/k8s.py _kubectl_apply)
    const name = "clearml-id-t1";
    pod.kind = "Pod";
    pod.metadata.name = name;
    pod.spec.restartPolicy = "Never";
    pod.spec.containers = [{ ...pod.spec.containers[0], name, image: "torch:1", command: ["/bin/bash"] }];
    const made = await client.create(pod, undefined, "All");
    expect(made.spec).toMatchObject({ runtimeClassName: "nvidia", serviceAccountName: "clearml-agent-sa" });
  });

  it("has its configuration and its pair in Secrets of its own namespace, and renders no others", async () => {
    const configuration = textsOf(await get<V1Secret>("v1", "Secret", "clearml-agent-configuration"));
    expect(configuration["clearml.conf"]).toContain('api_server: "http://clearml-apiserver.clearml.svc"');
    expect(configuration["clearml.conf"]).toContain('default_output_uri: "s3://192.0.2.30:9000/clearml"');
    expect(textsOf(await get<V1Secret>("v1", "Secret", "clearml-agent-credentials"))).toMatchObject({
      s3_access_key: S3.accessKey,
      s3_secret_key: S3.secretKey,
    });
    const secrets = (await client.list("v1", "Secret", NAMESPACE)).items.map(({ metadata }) => metadata?.name);
    expect(secrets.sort()).toEqual(["clearml-agent-configuration", "clearml-agent-credentials"]);
  });

  it("made its queue, and the server knows its pair", async () => {
    expect(await queueNames()).toEqual(["default", "gpu"]);
  });

  it("says what became of each fix", async () => {
    const ledger = (await engine.stack.outputs())["ledger"]?.value as { id: string; outcome: string }[];
    expect(
      ledger.filter(({ id }) => id.startsWith("clearml-agent")).map(({ id, outcome }) => `${id} ${outcome}`),
    ).toEqual([
      "clearml-agent-runtime-class applied",
      "clearml-agent-task-account applied",
      "clearml-agent-recreate applied",
    ]);
  });

  it("changes nothing on a second up", async () => {
    expect(changesOf(await engine.run("up"))).toEqual([]);
  });

  it("gives the key that deletes files to the job that does, and to nothing else of the server", async () => {
    const { items } = (await client.list("apps/v1", "Deployment", "clearml")) as { items: V1Deployment[] };
    const readers = items
      .filter(({ spec }) => secretsReadBy(spec?.template.spec as PodSpec).includes("clearml-delete-job"))
      .map(({ metadata }) => metadata?.name);
    expect(readers).toEqual(["clearml-apiserver-asyncdelete"]);
    const prefixes = items.map(({ metadata, spec }) => [
      metadata?.name,
      spec?.template.spec?.containers[0]?.env
        ?.filter(({ name }) => name.endsWith("url_prefixes"))
        .map(({ value }) => value),
    ]);
    const both = ['["http://192.0.2.42","http://clearml-fileserver.clearml.svc"]'];
    expect(Object.fromEntries(prefixes)).toMatchObject({
      "clearml-apiserver": both,
      "clearml-apiserver-asyncdelete": both,
    });
    const canaries = [DELETES.accessKey, DELETES.secretKey].map((text) => ({ name: "key that deletes", text }));
    for (const [kind, apiVersion] of [
      ["Secret", "v1"],
      ["ConfigMap", "v1"],
      ["Deployment", "apps/v1"],
    ] as const) {
      const objects = (await client.list(apiVersion, kind, "clearml")).items;
      const holding = objects.filter((object) => JSON.stringify(object).includes("clearml-delete-job"));
      expect(holding.map(({ metadata }) => metadata?.name)).toEqual(
        { Secret: ["clearml-delete-job"], ConfigMap: [], Deployment: ["clearml-apiserver-asyncdelete"] }[kind],
      );
      const others = objects.filter(({ metadata }) => metadata?.name !== "clearml-delete-job");
      expect(find(canaries, JSON.stringify(others), kind)).toEqual([]);
    }
  });

  it("keeps every secret in Secrets: not in other objects, state or progress", async () => {
    const texts = textsOf(await get<V1Secret>("v1", "Secret", "clearml-agent-credentials"));
    const canaries: Canary[] = Object.entries(texts).map(([name, text]) => ({ name, text }));
    expect(canaries).toHaveLength(4);
    const lists = await Promise.all([
      client.list("v1", "ConfigMap", NAMESPACE),
      client.list("apps/v1", "Deployment", NAMESPACE),
      client.list("v1", "Pod", NAMESPACE),
      client.list("v1", "Event", NAMESPACE),
    ]);
    const objects = lists.flatMap(({ items }) => items);
    expect(objects.length).toBeGreaterThan(3);
    const log = await readFile(path.join(home.folder, "services", "clearml", "log"), "utf8");
    const places = [...objects, engine.lines].map((place) => JSON.stringify(place));
    expect([...places, log].flatMap((place) => find(canaries, place, place.slice(0, 200)))).toEqual([]);
    const state = await findInFiles(canaries, path.join(home.folder, "state"));
    expect(state.files.length).toBeGreaterThan(0);
    expect(state.finds).toEqual([]);
    // The search itself finds what is there.
    const secret = await get<V1Secret>("v1", "Secret", "clearml-agent-credentials");
    expect(find(canaries, JSON.stringify(secret), "Secret")).toHaveLength(4);
  });

  it("starts anew when a key of the store changes, as the job that deletes files does, and nothing else", async () => {
    stack.s3 = { ...S3, secretKey: "canary-of-a-rotated-secret" };
    stack.deletes = { ...DELETES, secretKey: "canary-of-another-delete-secret" };
    expect(changesOf(await engine.run("up"))).toEqual([
      "replace Secret clearml-agent-credentials",
      "replace Secret clearml-delete-job",
      "update Deployment clearml-agent",
      "update Restart clearml-delete-job-readers",
    ]);
    expect(textsOf(await get<V1Secret>("v1", "Secret", "clearml-agent-credentials"))).toMatchObject({
      s3_secret_key: "canary-of-a-rotated-secret",
    });
  });

  it("lets nobody in by what is of before: who is taken off, gets another password, or is rotated", async () => {
    const [anna, bob, agent] = [as("anna", ANNA.password), as("bob", BOB.password), await api()];
    const key = await anna.call<{ credentials: { access_key: string; secret_key: string } }>("auth.create_credentials");
    const annasKey = () => as(key.credentials.access_key, key.credentials.secret_key);
    const tokens = await Promise.all([anna, bob, annasKey(), agent].map(tokenOf));
    expect(await Promise.all(tokens.map(answerTo))).toEqual([200, 200, 200, 200]);

    stack.users = [{ ...ANNA, password: "second-of-anna" }];
    stack.keyRotations = { agent: 1 };
    const [planned, done] = [await engine.run("preview"), await engine.run("up")];
    expect(changesOf(planned)).toEqual(changesOf(done));
    expect(changesOf(done)).toEqual(
      expect.arrayContaining([
        "replace GeneratedText clearml-secure-auth-token-secret",
        "replace GeneratedText clearml-services-agent-key",
        "update ApiKeys clearml-api-keys",
        "update Departures clearml-departures",
        "update Deployment clearml-agent",
        "update Deployment clearml-apiserver",
        "update Deployment clearml-apiserver-asyncdelete",
        "update Deployment clearml-fileserver",
        "update Queue clearml-agent-queue",
      ]),
    );
    expect(changesOf(done)).not.toContain("replace GeneratedText clearml-fileserver-key");

    expect(await Promise.all(tokens.map(answerTo))).toEqual([401, 401, 401, 401]);
    for (const gone of [as("anna", ANNA.password), as("bob", BOB.password), annasKey(), agent])
      await expect(gone.call("queues.get_default")).rejects.toThrow(/does not know the credentials/);
    expect(await queueNames()).toEqual(["default", "gpu"]);
    expect(await answerTo(await tokenOf(as("anna", "second-of-anna")))).toBe(200);
  });

  it("makes a queue again that somebody deleted, and signs nobody out when somebody comes", async () => {
    const token = await tokenOf(as("anna", "second-of-anna"));
    const gpu = (await queues()).find(({ name }) => name === "gpu");
    await (await api()).call("queues.delete", { queue: gpu?.id });
    await engine.run("refresh");
    stack.users = [...stack.users, BOB];
    const planned = changesOf(await engine.run("preview"));
    // A queue that is made anew has an id that nobody knows before, for which the agent may have to start again.
    expect([...changesOf(await engine.run("up")), "update Deployment clearml-agent"].sort()).toEqual(planned);
    expect(planned).not.toContain("update Deployment clearml-fileserver");
    expect(planned.filter((change) => change.includes("GeneratedText"))).toEqual([
      "create GeneratedText clearml-salt-bob",
    ]);
    expect(await queueNames()).toEqual(["default", "gpu"]);
    expect(await answerTo(token)).toBe(200);
    expect(await answerTo(await tokenOf(as("bob", BOB.password)))).toBe(200);
  });

  it("takes over a queue that is there, and removes the one it had made", async () => {
    const { id } = await (await api()).call<{ id: string }>("queues.create", { name: "theirs" });
    stack.queue = "theirs";
    await engine.run("up");
    expect((await queues()).map((queue) => [queue.name, queue.id === id])).toEqual([
      ["default", false],
      ["theirs", true],
    ]);
  });

  it("does not remove a queue in which tasks wait, and says so", async () => {
    stack.queue = "gpu";
    await engine.run("up");
    const gpu = (await queues()).find(({ name }) => name === "gpu");
    await (await api()).call("queues.add_task", { queue: gpu?.id, task: "t1" });
    stack.queue = "default";
    expect((await problemsOf(engine.run("up"))).join("\n")).toMatch(/one task waits in ClearML's queue `gpu`/);
    await (await api()).call("queues.remove_task", { queue: gpu?.id, task: "t1" });
    await engine.run("up");
    expect(await queueNames()).toEqual(["default", "theirs"]);
  });

  it("goes with the stack, queue first; a queue it did not make stays", async () => {
    stack.queue = "gpu";
    await engine.run("up");
    const before = await api();
    await engine.run("destroy");
    expect((await client.list("apps/v1", "Deployment", NAMESPACE)).items).toEqual([]);
    // With the server gone nobody is let in any more.
    await expect(before.call("queues.get_all")).rejects.toThrow(/503/);
    const kept = JSON.parse(
      await readFile(path.join(home.folder, "services", "clearml", "queues.json"), "utf8"),
    ) as Queue[];
    expect(kept.map(({ name }) => name).sort()).toEqual(["default", "theirs"]);
  });

  it("ends with the server's reason when that does not get ready", { timeout: 60_000 }, async () => {
    // Of no pool that MetalLB has.
    stack.addresses = { ...addresses, web: "10.99.99.99" };
    stack.readyTimeoutMs = 10_000;
    const problems = await problemsOf(engine.run("up"));
    expect(problems.join("\n")).toMatch(
      /ClearML (cannot become ready|was not ready within)[^]*vision-platform:clearml\.addresses\.web/,
    );
    expect((await client.list("apps/v1", "Deployment", NAMESPACE)).items).toEqual([]);
  });
});
