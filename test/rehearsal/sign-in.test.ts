import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  AuthorizationV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  V1ResourceAttributes,
  V1SubjectAccessReview,
  V1SubjectAccessReviewSpec,
  type V1Deployment,
  type V1Secret,
} from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { silentProgress } from "../../automation/progress.ts";
import { CLUSTER_PROGRAMS, startCluster } from "../../automation/rehearsal/cluster/cluster.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import type { LabObject } from "../../automation/rehearsal/ground/object.ts";
import { seed } from "../../automation/rehearsal/cluster/seed.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { COPY_MANAGER } from "../../components/cvat/certificate/copied.ts";
import { certificateCopy } from "../../components/cvat/certificate/copy.ts";
import { ENFORCE } from "../../components/kubernetes/pod-security.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { SSO_OBJECTS } from "../../components/sso/names.ts";
import { Sso } from "../../components/sso/sso.ts";
import { until } from "../../components/rest/until.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";
import { configOfSso, SSO_HOST } from "../fixtures/inputs/sso.ts";
import { engineIn, type TestEngine } from "./engine.ts";
import { exampleGround } from "./ground.ts";

const NAMESPACE = "cvat";
const CANARY = "canary-client-secret-91c4";

let home: Home;
let engine: TestEngine;
let client: KubernetesObjectApi;
let core: CoreV1Api;
let batch: BatchV1Api;
let access: AuthorizationV1Api;
interface Stack {
  sso: Record<string, unknown> | undefined;
  clientSecret: string;
  tls: Record<string, unknown> | undefined;
}
/** What the stack file says; undefined: nothing of that. */
const stack: Stack = { sso: {}, clientSecret: CANARY, tls: undefined };

beforeAll(async () => {
  home = await createHome(freshName("sign-in"), { kept: false });
  const tools = await obtainTools([...ENGINE_PROGRAMS, ...CLUSTER_PROGRAMS], { progress: silentProgress });
  const cluster = await startCluster({ home: home.folder, tools, progress: { update: () => undefined } });
  await seed(cluster, exampleGround());
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  client = KubernetesObjectApi.makeApiClient(config);
  core = config.makeApiClient(CoreV1Api);
  batch = config.makeApiClient(BatchV1Api);
  access = config.makeApiClient(AuthorizationV1Api);
  const { kubeconfig, context } = cluster;
  const program = () => {
    const provider = new k8s.Provider("cluster", { kubeconfig, context, enableServerSideApply: true });
    // As strict as a namespace can be: what is refused here would be refused somewhere.
    const labels = { [ENFORCE]: "restricted" };
    const metadata = { name: NAMESPACE, labels };
    const made = new k8s.core.v1.Namespace(NAMESPACE, { metadata }, { provider, retainOnDelete: true });
    const reached = { provider, access: { kubeconfig, context }, readyTimeoutMs: 60_000 };
    if (stack.tls !== undefined) {
      const plan = plannedCvat({ namespace: NAMESPACE, ingress: { host: SSO_HOST, tls: stack.tls } });
      const parent = new pulumi.ComponentResource("test:Parent", "cvat", {}, { provider: new OwnProvider("own-too") });
      const args = { plan, namespace: made.metadata.name, cluster: reached, mirror: undefined, pulls: [] };
      certificateCopy("cvat", args, { parent, provider });
    }
    if (stack.sso === undefined) return Promise.resolve({});
    const sso = new Sso(
      "sso",
      {
        config: configOfSso(stack.sso),
        host: SSO_HOST,
        namespace: made.metadata.name,
        cluster: reached,
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

describe("a certificate of another namespace", () => {
  const SOURCE = { name: "wildcard", namespace: "certificates" };
  const COPY = { name: "cvat-tls", namespace: NAMESPACE };
  const JOB = "cvat-certificate-copy";
  const sourceObject: LabObject = { apiVersion: "v1", kind: "Secret", metadata: SOURCE };
  const copyObject: LabObject = { apiVersion: "v1", kind: "Secret", metadata: COPY };
  const readSecret = (metadata: { name: string; namespace: string }) =>
    client.read<V1Secret>({ apiVersion: "v1", kind: "Secret", metadata });
  const certificateIn = async (metadata: { name: string; namespace: string }) => {
    const { data = {} } = await readSecret(metadata);
    return Object.entries(data).map(([key, text]) => `${key}: ${Buffer.from(text, "base64").toString()}`);
  };
  /** As cert-manager writes a renewed one. */
  const renew = (text: string) =>
    client.patch(
      {
        ...sourceObject,
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": `certificate ${text}`, "tls.key": `key ${text}` },
      },
      undefined,
      undefined,
      "cert-manager",
      true,
      PatchStrategy.ServerSideApply,
    );
  /** What the CronJob's next Job comes to, begun now: `kubectl create job --from=cronjob/...`. */
  const nextJob = async (name: string) => {
    const { spec } = await batch.readNamespacedCronJob({ name: JOB, namespace: NAMESPACE });
    const job: LabObject = {
      ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace: NAMESPACE } },
      spec: Object.assign({}, spec?.jobTemplate.spec, { backoffLimit: 0 }),
    };
    await client.create(job);
    const look = async () => (await batch.readNamespacedJob({ name, namespace: NAMESPACE })).status;
    const ended = await until(look, {
      isDone: (status) => (status?.succeeded ?? 0) + (status?.failed ?? 0) > 0,
      withinMs: 30_000,
      everyMs: 100,
    });
    return ended?.succeeded === 1;
  };
  const lastWords = async (job: string) => {
    const { items } = await core.listNamespacedPod({ namespace: NAMESPACE, labelSelector: `job-name=${job}` });
    return items[0]?.status?.containerStatuses?.[0]?.state?.terminated?.message?.trim();
  };
  const ofCopy = async () => {
    const kinds = [
      ["v1", "Secret"],
      ["v1", "ServiceAccount"],
      ["v1", "ConfigMap"],
      ["batch/v1", "Job"],
      ["batch/v1", "CronJob"],
      ["rbac.authorization.k8s.io/v1", "Role"],
      ["rbac.authorization.k8s.io/v1", "RoleBinding"],
    ] as const;
    const all = await Promise.all(kinds.map(([apiVersion, kind]) => client.list(apiVersion, kind)));
    return all
      .flatMap(({ items }, index) => items.map(({ metadata }) => `${kinds[index]?.[1] ?? ""} ${metadata?.name ?? ""}`))
      .filter((name) => /certificate-copy|cvat-tls/.test(name))
      .sort();
  };

  it("is copied in the up that names it, by an account that may do no more, and another up finds nothing to do", async () => {
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: SOURCE.namespace } });
    await renew("1");
    stack.tls = { secretName: COPY.name, copyOf: SOURCE };
    await changed();
    expect(await certificateIn(COPY)).toEqual(["tls.crt: certificate 1", "tls.key: key 1"]);
    expect(await changed()).toEqual([]);
    // By which drift tells it from what somebody did by hand.
    const holders = (await readSecret(COPY)).metadata?.managedFields ?? [];
    expect(holders.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes("tls.key"))).toMatchObject([
      { manager: COPY_MANAGER },
    ]);
    const may = async (verb: string, resource: { name?: string; namespace: string }) => {
      const body = new V1SubjectAccessReview();
      body.spec = new V1SubjectAccessReviewSpec();
      body.spec.user = `system:serviceaccount:${NAMESPACE}:${JOB}`;
      const asked = { ...resource, verb, version: "v1", resource: "secrets" };
      body.spec.resourceAttributes = Object.assign(new V1ResourceAttributes(), asked);
      return (await access.createSubjectAccessReview({ body })).status?.allowed;
    };
    expect([await may("get", SOURCE), await may("patch", COPY)]).toEqual([true, true]);
    for (const [verb, resource] of [
      ["patch", SOURCE],
      ["list", { namespace: SOURCE.namespace }],
      ["get", at(SSO_OBJECTS.secret)],
      ["create", { namespace: NAMESPACE }],
      ["delete", COPY],
    ] as const)
      expect([verb, resource, await may(verb, resource)]).toEqual([verb, resource, false]);
  });

  it("follows a renewal, which up neither undoes nor counts as a change", async () => {
    await renew("2");
    expect(await nextJob("hourly-1")).toBe(true);
    expect(await certificateIn(COPY)).toEqual(["tls.crt: certificate 2", "tls.key: key 2"]);
    expect((await engine.run("refresh")).changes).toEqual([]);
    expect(await changed()).toEqual([]);
    expect(await certificateIn(COPY)).toEqual(["tls.crt: certificate 2", "tls.key: key 2"]);
  });

  it("stays as it is while the source is gone, and the CronJob's Job says so", async () => {
    await client.delete(sourceObject);
    expect(await nextJob("hourly-2")).toBe(false);
    expect(await lastWords("hourly-2")).toBe("there is no Secret certificates/wildcard");
    expect(await certificateIn(COPY)).toEqual(["tls.crt: certificate 2", "tls.key: key 2"]);
    await renew("3");
  });

  it("is made and filled again where somebody removed it", async () => {
    await client.delete(copyObject);
    await engine.run("refresh");
    await changed();
    expect(await certificateIn(COPY)).toEqual(["tls.crt: certificate 3", "tls.key: key 3"]);
  });

  it("leaves the stack file with its copy, its Jobs, its account and its rights, and the source stays", async () => {
    expect(await ofCopy()).toHaveLength(9);
    stack.tls = undefined;
    await changed();
    for (const name of ["hourly-1", "hourly-2"])
      await batch.deleteNamespacedJob({ name, namespace: NAMESPACE, propagationPolicy: "Background" });
    expect(await ofCopy()).toEqual([]);
    expect(await certificateIn(SOURCE)).toHaveLength(2);
  });
});
