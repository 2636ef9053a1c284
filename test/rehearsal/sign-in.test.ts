import { readFile } from "node:fs/promises";
import path from "node:path";
import { KubeConfig, KubernetesObjectApi, type V1Deployment, type V1Secret } from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { silentProgress } from "../../automation/progress.ts";
import { CLUSTER_PROGRAMS, startCluster } from "../../automation/rehearsal/cluster/cluster.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { seed } from "../../automation/rehearsal/cluster/seed.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { ENFORCE } from "../../components/kubernetes/pod-security.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { SSO_OBJECTS } from "../../components/sso/names.ts";
import { Sso } from "../../components/sso/sso.ts";
import { configOfSso, SSO_HOST } from "../fixtures/inputs/sso.ts";
import { engineIn, type TestEngine } from "./engine.ts";
import { exampleGround } from "./ground.ts";

const NAMESPACE = "cvat";
const CANARY = "canary-client-secret-91c4";

let home: Home;
let engine: TestEngine;
let client: KubernetesObjectApi;
/** What the stack file says; undefined: nothing of sign-in. */
const stack: { sso: Record<string, unknown> | undefined; clientSecret: string } = { sso: {}, clientSecret: CANARY };

beforeAll(async () => {
  home = await createHome(freshName("sign-in"), { kept: false });
  const tools = await obtainTools([...ENGINE_PROGRAMS, ...CLUSTER_PROGRAMS], { progress: silentProgress });
  const cluster = await startCluster({ home: home.folder, tools, progress: { update: () => undefined } });
  await seed(cluster, exampleGround());
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  client = KubernetesObjectApi.makeApiClient(config);
  const { kubeconfig, context } = cluster;
  const program = () => {
    const provider = new k8s.Provider("cluster", { kubeconfig, context, enableServerSideApply: true });
    // As strict as a namespace can be: what is refused here would be refused somewhere.
    const labels = { [ENFORCE]: "restricted" };
    const metadata = { name: NAMESPACE, labels };
    const made = new k8s.core.v1.Namespace(NAMESPACE, { metadata }, { provider, retainOnDelete: true });
    if (stack.sso === undefined) return Promise.resolve({});
    const sso = new Sso(
      "sso",
      {
        config: configOfSso(stack.sso),
        host: SSO_HOST,
        namespace: made.metadata.name,
        cluster: { provider, access: { kubeconfig, context }, readyTimeoutMs: 60_000 },
        clientSecret: pulumi.secret(stack.clientSecret),
      },
      { provider: new OwnProvider("own") },
    );
    return Promise.resolve({ signOut: sso.signOutPath });
  };
  engine = await engineIn({ folder: home.folder, tools, program });
});
afterAll(() => removeHome(home.folder));

const changed = async () =>
  (await engine.run("up")).changes.map(({ operation, urn }) => `${operation} ${urn.split("::").at(-1) ?? ""}`).sort();
const at = (name: string) => ({ name, namespace: NAMESPACE });
const secret = async () =>
  (await client.read<V1Secret>({ apiVersion: "v1", kind: "Secret", metadata: at(SSO_OBJECTS.secret) })).data ?? {};
const pods = async (part: "proxy" | "sessions") => {
  const metadata = at(SSO_OBJECTS[part]);
  return (await client.read<V1Deployment>({ apiVersion: "apps/v1", kind: "Deployment", metadata })).spec?.template;
};
const everything = async () => {
  const kinds = [
    ["apps/v1", "Deployment"],
    ["v1", "Service"],
    ["v1", "ConfigMap"],
    ["v1", "Secret"],
  ] as const;
  const lists = await Promise.all(kinds.map(([apiVersion, kind]) => client.list(apiVersion, kind, NAMESPACE)));
  return lists
    .flatMap(({ items }) => items.map(({ metadata }) => metadata?.name))
    .filter((name) => /sso/.test(name ?? ""));
};

it("is taken by an API server that lets only restricted pods in, is waited for, and a second up changes nothing", async () => {
  expect((await changed()).filter((change) => /sso-(proxy|sessions)$/.test(change))).toEqual([
    "create sso-proxy",
    "create sso-sessions",
  ]);
  expect((await everything()).length).toBe(7);
  expect(await changed()).toEqual([]);
});

it("a rotation is another key and another password, and both start anew in that up", async () => {
  const [before, proxy, sessions] = [await secret(), await pods("proxy"), await pods("sessions")];
  stack.sso = { rotation: 1 };
  const changes = await changed();
  expect(changes.filter((change) => /sso-(proxy|sessions)$/.test(change))).toEqual([
    "update sso-proxy",
    "update sso-sessions",
  ]);
  const after = await secret();
  for (const key of ["cookie-secret", "sessions-password", "sessions-password.conf"])
    expect([key, after[key] === before[key]]).toEqual([key, false]);
  expect(after["client-secret"]).toBe(before["client-secret"]);
  expect((await pods("proxy"))?.metadata?.annotations).not.toEqual(proxy?.metadata?.annotations);
  expect((await pods("sessions"))?.metadata?.annotations).not.toEqual(sessions?.metadata?.annotations);
  expect(await changed()).toEqual([]);
});

it("another secret of the client starts the proxy anew, and its sessions stay", async () => {
  const sessions = await pods("sessions");
  stack.clientSecret = "another-client-secret";
  const changes = await changed();
  expect(changes.filter((change) => /sso-(proxy|sessions)$/.test(change))).toEqual(["update sso-proxy"]);
  expect(await pods("sessions")).toEqual(sessions);
});

it("no secret stands in the state in clear, nor in anything but the Secret", async () => {
  const text = await readFile(path.join(engine.folder, "state", ".pulumi", "stacks", "bench", "bench.json"), "utf8");
  expect(text).toContain("sso:Sso");
  const values = Object.values(await secret()).map((value) => Buffer.from(value, "base64").toString().trim());
  const objects = JSON.stringify([await pods("proxy"), await pods("sessions")]);
  for (const value of [...values, CANARY]) {
    expect(text.includes(value)).toBe(false);
    expect(objects.includes(value)).toBe(false);
  }
});

it("what leaves the stack file leaves the cluster", async () => {
  stack.sso = undefined;
  await changed();
  expect(await everything()).toEqual([]);
});
