import { randomBytes } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import getPort from "get-port";
import { Client } from "minio";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { silentProgress } from "../../automation/progress.ts";
import { CLUSTER_PROGRAMS, startCluster } from "../../automation/rehearsal/cluster/cluster.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { FAIL_ANNOTATION } from "../../automation/rehearsal/cluster/stages.ts";
import { seed } from "../../automation/rehearsal/cluster/seed.ts";
import type { CvatConfig } from "../../automation/rehearsal/services/cvat/config.ts";
import type { Orders } from "../../automation/rehearsal/services/cvat/faults.ts";
import { ensureService } from "../../automation/rehearsal/services/service.ts";
import { obtainTools, type Tool } from "../../automation/tools/obtain.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import type { Connection } from "../../components/cvat/client/connection.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { registerRecords } from "../../components/cvat/records.ts";
import { keptToken } from "../../components/cvat/tokens/kept-token.ts";
import { keptTokenConfig } from "../../components/cvat/tokens/token-config.ts";
import { CvatUsers } from "../../components/cvat/users/users.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { orderCvat } from "./cvat-orders.ts";
import { engineIn, type TestEngine } from "./engine.ts";
import { exampleGround } from "./ground.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";

/** Where CVAT's pods would find the object store. */
const STORE_ADDRESS = "http://192.0.2.30:9000";
const STAND_IN = path.resolve(import.meta.dirname, "../../automation/rehearsal/services/cvat/main.ts");
const REGION = "us-east-1";

/** What a test changes between runs. */
export interface CvatStack {
  /** Keys of `vision-platform:cvat`. */
  config: Record<string, unknown>;
  /** The object store's key as the stack has it. */
  storeKey: { accessKey: string; secretKey: string };
  /** How long one call may take, in milliseconds. */
  callMs: number;
  /** Whether the pods of the users Job end with an error. */
  usersJobFails: boolean;
  /** A token that the stack keeps, as a section has it. Undefined: none. */
  token?: Record<string, unknown> | undefined;
}

/** A login key, an access token and a browser's session, and whether CVAT takes each: its status. */
export interface Hands {
  statuses(): Promise<number[]>;
}

/** CVAT's users and records by the real engine, on a real API server, against the stand-in for CVAT and a real MinIO. */
export interface CvatLab {
  home: Home;
  engine: TestEngine;
  stack: CvatStack;
  /** A client of the stand-in, as the superuser. */
  client(): Promise<CvatClient>;
  /** The token that the stack keeps, and what CVAT answers to who shows it. */
  token(): Promise<{ value: string; status: () => Promise<number> }>;
  /** Signs in as one of the users, in every way that outlives the sign-in. */
  signedIn(username: string): Promise<Hands>;
  order(orders: Orders): Promise<void>;
  /** Gives the object store another key, and puts it into the stack. */
  rotateStoreKey(): Promise<void>;
  store(): Client;
  end(): Promise<void>;
}

export async function startCvatLab(config: Record<string, unknown>): Promise<CvatLab> {
  const home = await createHome(freshName("cvat"), { kept: false });
  try {
    return await startIn(home, config);
  } catch (error) {
    await removeHome(home.folder);
    throw error;
  }
}

async function startIn(home: Home, config: Record<string, unknown>): Promise<CvatLab> {
  const programs = [...ENGINE_PROGRAMS, ...CLUSTER_PROGRAMS, "minio"];
  const tools = await obtainTools(programs, { progress: silentProgress });
  const cluster = await startCluster({ home: home.folder, tools, progress: { update: () => undefined } });
  await seed(cluster, exampleGround());
  const minio = await startMinio(tools, home.folder);
  const told: CvatConfig = {
    version: "2.64.0",
    stores: { [STORE_ADDRESS]: minio.url },
    cluster: { kubeconfig: cluster.kubeconfig, context: cluster.context, namespace: "cvat" },
  };
  const standIn = await ensureService({ name: "cvat", script: STAND_IN, home: home.folder, config: told });
  const stack: CvatStack = { config, storeKey: minio.key, callMs: 60_000, usersJobFails: false };
  const program = () => Promise.resolve(cvatProgram(stack, cluster, standIn.url));
  const engine = await engineIn({ folder: home.folder, tools, program });

  return {
    home,
    engine,
    stack,
    async client() {
      const outputs = await engine.stack.outputs();
      const { username } = cvatConfig.parse(stack.config).superuser;
      const { [username]: password = "" } = outputs["passwords"]?.value as Record<string, string>;
      return new CvatClient({ endpoint: standIn.url, username, password });
    },
    async token() {
      const value = String((await engine.stack.outputs())["token"]?.value);
      const headers = { Authorization: `Bearer ${value}` };
      return { value, status: async () => (await fetch(`${standIn.url}/api/users/self`, { headers })).status };
    },
    async signedIn(username) {
      const outputs = await engine.stack.outputs();
      const { [username]: password = "" } = outputs["passwords"]?.value as Record<string, string>;
      return signIn(standIn.url, { username, password });
    },
    order: (orders) => orderCvat(standIn.url, orders),
    async rotateStoreKey() {
      await minio.rotate();
      stack.storeKey = minio.key;
    },
    store: () => minio.client(),
    async end() {
      minio.stop();
      await removeHome(home.folder);
    },
  };
}

async function signIn(url: string, body: { username: string; password: string }): Promise<Hands> {
  const post = (path: string, body: unknown, headers = {}) =>
    fetch(`${url}/api/auth/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const login = await post("login", body);
  const { key } = (await login.json()) as { key: string };
  const made = await post("access_tokens", { name: "cli" }, { Authorization: `Token ${key}` });
  const { value } = (await made.json()) as { value: string };
  const ways: Record<string, string>[] = [
    { Authorization: `Token ${key}` },
    { Authorization: `Bearer ${value}` },
    { Cookie: login.headers.getSetCookie().join("; ") },
  ];
  const statusBy = async (headers: Record<string, string>) =>
    (await fetch(`${url}/api/users/self`, { headers })).status;
  return { statuses: () => Promise.all(ways.map(statusBy)) };
}

/** What components/cvat/cvat.ts does once the chart is there. */
function cvatProgram(stack: CvatStack, cluster: { kubeconfig: string; context: string }, endpoint: string) {
  const config = cvatConfig.parse(stack.config);
  const provider = new k8s.Provider("cluster", {
    kubeconfig: cluster.kubeconfig,
    context: cluster.context,
    enableServerSideApply: true,
  });
  const dynamic = new OwnProvider("dynamic");
  const cvat = new pulumi.ComponentResource(
    "bench:index:Cvat",
    "cvat",
    {},
    { providers: [dynamic, provider], transformations: stack.usersJobFails ? [failingUsersJob] : [] },
  );
  const namespace = new k8s.core.v1.Namespace(
    "cvat",
    { metadata: { name: "cvat" } },
    { parent: cvat, retainOnDelete: true },
  );
  const initializer = new k8s.batch.v1.Job(
    "initializer",
    {
      metadata: { name: "cvat-backend-initializer-r1", namespace: namespace.metadata.name },
      spec: {
        template: {
          spec: {
            restartPolicy: "OnFailure",
            containers: [
              {
                name: "cvat-backend",
                image: "cvat/server:v2.64.0",
                args: ["init"],
                env: [{ name: "CVAT_POSTGRES_HOST", value: "cvat-postgresql" }],
              },
            ],
          },
        },
      },
    },
    { parent: cvat },
  );
  const args = {
    config,
    namespace: namespace.metadata.name,
    initializer,
    cluster: { access: cluster, readyTimeoutMs: 60_000 },
  };
  const users = new CvatUsers("cvat", args, { parent: cvat, provider });
  const connectionAs = (username: string) =>
    pulumi.all([users.passwords, users.ready]).apply(([passwords]) => ({
      ...{ endpoint, username, password: passwords[username] ?? "" },
      ...{ callMs: stack.callMs, patienceMs: 5_000 },
    }));
  const connection = connectionAs(config.superuser.username);
  const storages = ["datasets", "cvat"].map((role) => ({
    role,
    bucket: role,
    endpoint: STORE_ADDRESS,
    region: "us-east-1",
    accessKey: stack.storeKey.accessKey,
    secretKey: pulumi.secret(stack.storeKey.secretKey),
  }));
  const plan = plannedCvat(stack.config, ["datasets", "cvat"]);
  registerRecords("cvat", { plan, connection, storages }, { parent: cvat, dependsOn: users.job, deletedWith: cvat });
  return { passwords: users.passwords, token: tokenOf(stack, connectionAs, { parent: cvat, dependsOn: users.job }) };
}

/** What components/discovery/discovery.ts does with its token. */
function tokenOf(
  stack: CvatStack,
  connectionAs: (username: string) => pulumi.Output<Connection>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> | undefined {
  if (stack.token === undefined) return undefined;
  const { user, ...token } = keptTokenConfig.parse(stack.token);
  const administrator = connectionAs(cvatConfig.parse(stack.config).superuser.username);
  const args = { owner: connectionAs(user), administrator, tokenName: "of a program", token };
  return keptToken("token", args, opts);
}

/** Marks the Job's pods for kwok, which then lets them end with an error. */
const failingUsersJob: pulumi.ResourceTransformation = ({ type, name, props, opts }) => {
  if (type !== "kubernetes:batch/v1:Job" || name !== "cvat-users") return undefined;
  const { spec } = props as { spec: pulumi.Input<{ template: { metadata: { annotations: Record<string, string> } } }> };
  const marked = pulumi.output(spec).apply((job) => {
    const { metadata } = job.template;
    const annotations = { ...metadata.annotations, [FAIL_ANNOTATION]: "Error" };
    return { ...job, template: { ...job.template, metadata: { ...metadata, annotations } } };
  });
  return { props: { ...props, spec: marked }, opts };
};

async function startMinio(tools: readonly Tool[], home: string) {
  const port = await getPort({ host: "127.0.0.1" });
  const data = path.join(home, "minio");
  await mkdir(data, { recursive: true });
  const program = tools.find(({ name }) => name === "minio")?.path ?? "minio";
  let running: ChildProcess | undefined;
  const minio = {
    url: `http://127.0.0.1:${port}`,
    key: { accessKey: "", secretKey: "" },
    client: () => new Client({ endPoint: "127.0.0.1", port, useSSL: false, region: REGION, ...minio.key }),
    stop: () => running?.kill(),
    /** Another key: MinIO takes its first one from its environment. */
    async rotate() {
      if (running) {
        const gone = new Promise((resolve) => running?.once("exit", resolve));
        running.kill();
        await gone;
      }
      minio.key = { accessKey: randomBytes(10).toString("hex"), secretKey: randomBytes(20).toString("hex") };
      const { accessKey, secretKey } = minio.key;
      running = spawn(program, ["server", "--quiet", "--address", `127.0.0.1:${port}`, data], {
        env: { HOME: home, MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_BROWSER: "off" },
        stdio: "ignore",
      });
      await answering(minio.client);
    },
  };
  await minio.rotate();
  for (const bucket of ["datasets", "cvat"]) await minio.client().makeBucket(bucket, REGION);
  return minio;
}

async function answering(client: () => Client): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      await client().listBuckets();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(100);
    }
  }
}
