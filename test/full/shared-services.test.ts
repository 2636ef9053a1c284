import path from "node:path";
import type { V1ConfigMap, V1Deployment, V1Job, V1Secret, V1StatefulSet } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ACCESS_KEYS, ACCESS_SECRET } from "../../components/discovery/names.ts";
import { problemsOf } from "../rehearsal/failure.ts";
import { startLab, type Lab } from "../rehearsal/harness.ts";
import { clientsOf, namesOf, signInOn, signInTakenOut } from "./sign-in.ts";

const NAMESPACE = "annotation";
const DATABASE_JOBS = ["cvat-postgresql-database", "cvat-clickhouse-database"];
const RESTARTED = "kubectl.kubernetes.io/restartedAt";

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({}, { stackFile: path.resolve(import.meta.dirname, "../../Pulumi.platform.yaml") });
});
afterAll(() => lab.end());

const list = async <T>(apiVersion: string, kind: string) => (await lab.list(apiVersion, kind, NAMESPACE)) as T[];
const names = (all: readonly { metadata?: { name?: string } }[]) =>
  all.map(({ metadata }) => metadata?.name ?? "").sort();
const passwordOf = async (name: string) => {
  const { data } = await lab.get<V1Secret>("v1", "Secret", name, NAMESPACE);
  return Buffer.from(data?.["password"] ?? "", "base64").toString();
};
/** What the Secrets of discovery hold, by the names of environment variables. */
const accessIn = async (namespace: string, name: string): Promise<Record<string, string>> => {
  const { data = {} } = await lab.get<V1Secret>("v1", "Secret", name, namespace);
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
};
/** What CVAT answers to who shows a token. */
const statusOf = async (token: string) => {
  const config = await lab.rehearsal().stack.getAllConfig();
  const { endpoint } = JSON.parse(config["vision-platform:cvat"]?.value ?? "{}") as { endpoint: string };
  return (await fetch(`${endpoint}/api/users/self`, { headers: { Authorization: `Bearer ${token}` } })).status;
};
const jobs = async () =>
  Object.fromEntries(
    (await list<V1Job>("batch/v1", "Job")).map(({ metadata }) => [metadata?.name ?? "", metadata?.uid]),
  );

/** When each workload was last told to start its pods anew. */
async function restarts(): Promise<Record<string, string | undefined>> {
  const workloads = [
    ...(await list<V1Deployment>("apps/v1", "Deployment")),
    ...(await list<V1StatefulSet>("apps/v1", "StatefulSet")),
  ];
  return Object.fromEntries(
    workloads.map(({ metadata, spec }) => [metadata?.name ?? "", spec?.template.metadata?.annotations?.[RESTARTED]]),
  );
}

/** Names of the workloads that a change of the stack file has start anew, and of the Jobs that it has run again. */
async function after(change: object): Promise<{ restarted: string[]; ranAgain: string[] }> {
  const before = { restarts: await restarts(), jobs: await jobs() };
  await lab.configure({ cvat: change as Record<string, unknown> });
  await lab.up();
  const now = { restarts: await restarts(), jobs: await jobs() };
  const changed = <T>(one: Record<string, T>, other: Record<string, T>) =>
    Object.keys(other).filter((name) => one[name] !== other[name]);
  return {
    restarted: changed(before.restarts, now.restarts).sort(),
    ranAgain: changed(before.jobs, now.jobs).sort(),
  };
}

/** Of an edge that a rehearsal has not, too. */
const UNTOLD = /^CVAT is not ready, though nothing of it changes:|^Not known whether https:\/\/cvat\.example\.com asks/;

/**
 * Warnings of a run. Where a Job is made anew, the engine asks all that hangs on it whether it changes, amid the run, and the gate then finds
 * pods that are on their way. (pulumi: calculateDependentReplacements)
 */
const toldOf = ({ outcome: { warnings } }: { outcome: { warnings: readonly string[] } }) =>
  warnings.filter((text) => !UNTOLD.test(text));

const BACKEND = [
  "cvat-backend-server",
  ...["annotation", "chunks", "consensus", "export", "import", "qualityreports", "utils", "webhooks"].map(
    (name) => `cvat-backend-worker-${name}`,
  ),
];

describe("Pulumi.platform.yaml, CVAT on services of others", () => {
  it("goes up without a database of its own, each Job of a database before the pods that sign in", async () => {
    expect(toldOf(await lab.up())).toEqual([]);
    expect(names(await list("apps/v1", "StatefulSet"))).toEqual(["cvat-vector"]);
    expect(names(await list("v1", "PersistentVolumeClaim"))).toEqual(["cvat-backend-data", "cvat-grafana"]);
    const all = await list<V1Job>("batch/v1", "Job");
    const ended = (name: string) => Number(all.find(({ metadata }) => metadata?.name === name)?.status?.completionTime);
    const made = Number(
      (await lab.get<V1Job>("batch/v1", "Job", "cvat-backend-initializer-r1", NAMESPACE)).metadata?.creationTimestamp,
    );
    for (const name of DATABASE_JOBS) expect(ended(name)).toBeLessThanOrEqual(made);
  });

  it("tells the server where each service is, and no pod or ConfigMap a password", async () => {
    const server = await lab.get<V1Deployment>("apps/v1", "Deployment", "cvat-backend-server", NAMESPACE);
    const env = server.spec?.template.spec?.containers[0]?.env ?? [];
    expect(
      Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.secretKeyRef?.name])),
    ).toMatchObject({
      CVAT_POSTGRES_HOST: "postgresql.postgres.svc.cluster.local",
      CVAT_POSTGRES_PORT: "5432",
      CVAT_POSTGRES_PASSWORD: "cvat-external-postgresql",
      CVAT_REDIS_INMEM_HOST: "valkey-queues.valkey.svc.cluster.local",
      CVAT_REDIS_INMEM_PASSWORD: "valkey-queues",
      CVAT_REDIS_ONDISK_HOST: "valkey-cache.valkey.svc.cluster.local",
      CVAT_REDIS_ONDISK_PORT: "6379",
      CVAT_REDIS_ONDISK_PASSWORD: "valkey-cache",
      CLICKHOUSE_HOST: "cvat-analytics-secret",
      CLICKHOUSE_PASSWORD: "cvat-external-clickhouse",
    });
    const analytics = await lab.get<V1Secret>("v1", "Secret", "cvat-analytics-secret", NAMESPACE);
    const text = (key: string) => Buffer.from(analytics.data?.[key] ?? "", "base64").toString();
    expect([text("CLICKHOUSE_HOST"), text("CLICKHOUSE_DB"), text("CLICKHOUSE_USER")]).toEqual([
      "clickhouse.clickhouse.svc.cluster.local",
      "annotation",
      "annotation",
    ]);
    const open = JSON.stringify([
      ...(await list("v1", "ConfigMap")),
      ...(await list("v1", "Pod")),
      ...(await list("batch/v1", "Job")),
    ]);
    for (const secret of ["cvat-external-postgresql", "cvat-external-clickhouse", "postgresql-admin"]) {
      const password = await passwordOf(secret);
      expect(password.length).toBeGreaterThan(10);
      expect(open).not.toContain(password);
    }
  });

  it("changes nothing on a second up", async () => {
    expect((await lab.up()).outcome.changes).toEqual([]);
  });

  it("tells the platform where CVAT is and what it needs, and notebooks a token, in Secrets alone", async () => {
    const { data = {} } = await lab.get<V1ConfigMap>("v1", "ConfigMap", "thinkube-service-config", NAMESPACE);
    const { service } = parse(data["service.yaml"] ?? "") as { service: Record<string, unknown> };
    expect(service).toMatchObject({
      dependencies: expect.arrayContaining(["postgresql", "valkey", "clickhouse"]) as string[],
      scaling: { resource_name: "cvat-backend-server", namespace: NAMESPACE },
      environment_variables: [
        { name: "CVAT_HOST", value: "https://cvat.example.com" },
        { valueFrom: { secretKeyRef: { namespace: NAMESPACE, name: ACCESS_SECRET, key: ACCESS_KEYS.token } } },
      ],
    });
    await lab.get("apps/v1", "Deployment", "cvat-backend-server", NAMESPACE);
    const access = await accessIn(NAMESPACE, ACCESS_SECRET);
    const { [ACCESS_KEYS.token]: token = "" } = access;
    expect(await statusOf(token)).toBe(200);
    expect(await accessIn("jupyterhub", "cvat-access")).toEqual(access);
    expect((await accessIn("jupyterhub", "cvat-access-cli"))["cvat.env"]).toContain(`CVAT_ACCESS_TOKEN=${token}\n`);
    expect(JSON.stringify([await lab.list("v1", "ConfigMap"), await lab.list("v1", "Pod")])).not.toContain(token);
  });

  it("goes up without the notebooks, which is told, and gives them theirs when they are there", async () => {
    await lab.client().delete(await lab.get("v1", "Namespace", "jupyterhub"));
    const there = async () => names(await lab.list("v1", "Namespace")).includes("jupyterhub");
    await expect.poll(there, { timeout: 60_000 }).toBe(false);
    const without = await lab.run("up");
    expect(toldOf({ outcome: without })).toEqual([
      expect.stringContaining("discovery.notebooks[0].namespace: There is no namespace jupyterhub now"),
    ]);
    expect(without.changes.map(({ operation, name }) => `${operation} ${name}`).sort()).toEqual([
      "delete discovery-jupyterhub-cvat-access",
      "delete discovery-jupyterhub-cvat-access-cli",
    ]);
    await lab.client().create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "jupyterhub" } });
    expect(toldOf({ outcome: await lab.run("up") })).toEqual([]);
    expect(await accessIn("jupyterhub", "cvat-access")).toEqual(await accessIn(NAMESPACE, ACCESS_SECRET));
  });

  it("has another token when it is rotated, and none when it leaves the stack file: the former ones open nothing", async () => {
    const tokenNow = async () => (await accessIn(NAMESPACE, ACCESS_SECRET))[ACCESS_KEYS.token] ?? "";
    const first = await tokenNow();
    await lab.configure({ discovery: { token: { user: "notebooks", rotation: 1 } } });
    await lab.up();
    const second = await tokenNow();
    expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
    await lab.configure({ discovery: undefined });
    await lab.up();
    expect(await statusOf(second)).toBe(401);
    expect(names(await lab.list("v1", "Secret", "jupyterhub"))).toEqual([]);
    expect(names(await list("v1", "ConfigMap"))).not.toContain("thinkube-service-config");
    await lab.configure({
      discovery: { token: { user: "notebooks" }, notebooks: [{ namespace: "jupyterhub" }] },
    });
    await lab.up();
  });

  it("gives PostgreSQL another password in one up: the Job runs again, and what reads it starts anew, nothing else", async () => {
    const before = await passwordOf("cvat-external-postgresql");
    const came = await after({ postgresql: { external: { rotation: 1 } } });
    expect(await passwordOf("cvat-external-postgresql")).not.toBe(before);
    expect(came).toEqual({ restarted: BACKEND, ranAgain: ["cvat-postgresql-database"] });
  });

  it("does so for the queues, whose password somebody else changed, and for ClickHouse, which Vector and Grafana read too", async () => {
    expect(await after({ redis: { external: { rotation: 1 } } })).toEqual({ restarted: BACKEND, ranAgain: [] });
    expect(await after({ analytics: { clickhouse: { external: { rotation: 1 } } } })).toEqual({
      restarted: [...BACKEND, "cvat-grafana", "cvat-vector"].sort(),
      ranAgain: ["cvat-clickhouse-database"],
    });
  });

  it("initialises another database of the same server, and CVAT turns to it: each Job runs anew, the next one after the one before", async () => {
    const uses = (database: string) => after({ postgresql: { external: { database } } });
    const first = {
      restarted: BACKEND,
      ranAgain: ["cvat-backend-initializer-r1", "cvat-postgresql-database", "cvat-users"],
    };
    expect(await uses("another")).toEqual(first);
    expect((await lab.run("up")).changes).toEqual([]);
    expect(await uses("annotation")).toEqual(first);
  });

  it("turns to a database of its own and back: each leaves what it has, and is told", async () => {
    const made = await passwordOf("cvat-external-postgresql");
    await lab.configure({ cvat: { postgresql: { external: undefined } } });
    const there = await lab.up();
    expect(toldOf(there)).toEqual([]);
    expect(names(await list("v1", "PersistentVolumeClaim"))).toContain("data-cvat-postgresql-0");
    const own = await passwordOf("cvat-postgres-secret");
    const external = {
      host: "postgresql.postgres.svc.cluster.local",
      ...{ database: "annotation", user: "annotation", rotation: 1, admin: { existingSecret: "postgresql-admin" } },
    };
    await lab.configure({ cvat: { postgresql: { external } } });
    const preview = await lab.run("preview");
    expect(toldOf({ outcome: preview })).toEqual([
      expect.stringContaining("Claim annotation/data-cvat-postgresql-0 of the lab's own is left as it is"),
    ]);
    // The role still has the password that the lab gave it, which stands in the Secret that was left.
    expect(await problemsOf(lab.up())).toEqual([
      expect.stringMatching(
        /cvat\.secrets\.postgresql: PostgreSQL keeps the password it was made with.* get secret cvat-external-postgresql /,
      ),
    ]);
    // A rehearsal has no database that knows it: as where the role was dropped meanwhile, the Secret goes, and another password is made.
    await lab.client().delete(await lab.get("v1", "Secret", "cvat-external-postgresql", NAMESPACE));
    await lab.up();
    expect(names(await list("v1", "PersistentVolumeClaim"))).toContain("data-cvat-postgresql-0");
    expect(await passwordOf("cvat-postgres-secret")).toBe(own);
    expect(await passwordOf("cvat-external-postgresql")).not.toBe(made);
  });
});

signInOn(() => lab, NAMESPACE);

describe("the way back", () => {
  it("leaves at destroy what opens the data, and neither routes nor a client; an up finds all of it again", async () => {
    const before = await passwordOf("cvat-external-postgresql");
    const { [ACCESS_KEYS.token]: token = "" } = await accessIn("jupyterhub", "cvat-access");
    expect(await statusOf(token)).toBe(200);
    await lab.destroy();
    expect(await statusOf(token)).toBe(401);
    expect(names(await lab.list("v1", "Secret", "jupyterhub"))).toEqual([]);
    expect(await passwordOf("cvat-external-postgresql")).toBe(before);
    expect(names(await list("batch/v1", "Job"))).toEqual([]);
    expect(names(await list("v1", "PersistentVolumeClaim"))).toContain("cvat-backend-data");
    expect(await namesOf(lab, "traefik.io/v1alpha1", "IngressRoute", NAMESPACE)).toEqual([]);
    expect((await clientsOf(lab)).found).toEqual([]);
    await lab.up();
    expect(await passwordOf("cvat-external-postgresql")).toBe(before);
    expect((await clientsOf(lab)).found).toHaveLength(1);
  });

  signInTakenOut(() => lab, NAMESPACE);
});
