import "./fresh-modules.ts";
import * as k8s from "@pulumi/kubernetes";
import { describe, expect, it } from "vitest";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { certificateOnLoopback } from "../../automation/rehearsal/certificate.ts";
import { scriptJob } from "../../components/cvat/external/script-job.ts";
import { postgresqlPod } from "../../components/cvat/external/postgresql-pod.ts";
import { externalFixes } from "../../components/cvat/fixes/external.ts";
import { CvatSecrets } from "../../components/cvat/secrets.ts";
import { usersJob } from "../../components/cvat/users/job.ts";
import { cvatValues } from "../../components/cvat/values.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";
import { recordRegistrations, settled } from "./registrations.ts";

const ADMIN = { admin: { existingSecret: "an-administrator" } };
const POSTGRESQL = { postgresql: { external: { host: "db.example.com", port: 6432, ...ADMIN } } };
const REDIS = { redis: { external: { host: "queues.example.com", port: 7000, existingSecret: "queues" } } };
const KVROCKS = { kvrocks: { external: { host: "cache.example.com", existingSecret: "cache" } } };
const CLICKHOUSE = {
  analytics: { clickhouse: { external: { host: "events.example.com", port: 18123, user: "lab", ...ADMIN } } },
};
const ALL = { ...POSTGRESQL, ...REDIS, ...KVROCKS, ...CLICKHOUSE };
const { ca: CA, key: KEY } = await certificateOnLoopback({ authority: "a lab's own", subject: [] });

const OTHER = { database: "other" };

type Values = Record<string, Record<string, unknown>>;

function valuesOf(config: unknown): Values {
  const plan = plannedCvat(config);
  return JSON.parse(JSON.stringify(cvatValues({ plan, clickhousePassword: "own", smokescreen: "" }))) as Values;
}

describe("values of the CVAT chart for services of others", () => {
  it("name each server, and install none", () => {
    const { cvat, postgresql, redis, clickhouse, analytics } = valuesOf(ALL);
    const of = (host: string, port: number, name: string) => ({
      ...{ enabled: false, external: { host, port } },
      secret: { create: false, name },
    });
    expect({ kvrocks: cvat?.["kvrocks"], postgresql, redis, clickhouse }).toEqual({
      kvrocks: of("cache.example.com", 6666, "cache"),
      postgresql: of("db.example.com", 6432, "cvat-external-postgresql"),
      redis: of("queues.example.com", 7000, "queues"),
      clickhouse: { enabled: false },
    });
    expect(analytics).toMatchObject({
      clickhouseHost: "events.example.com",
      clickhousePort: 18123,
      clickhouseDb: "cvat",
      clickhouseUser: "lab",
      clickhousePassword: "in Secret cvat-external-clickhouse",
    });
  });

  it.each<[string, object, object]>([
    ["none where its templates are not needed", { ...POSTGRESQL, analytics: { enabled: false } }, { enabled: false }],
    ["no pod where they are", { analytics: { enabled: false } }, { enabled: true, shards: 0 }],
    ["no pod of its own beside another's", CLICKHOUSE, { enabled: true, shards: 0 }],
  ])("have of ClickHouse %s", (_, config, expected) => {
    expect(valuesOf(config)["clickhouse"]).toEqual(expected);
  });

  it("hand libpq what is asked of PostgreSQL's TLS, in every pod that signs in", () => {
    const external = { ...POSTGRESQL.postgresql.external, tls: { ca: CA } };
    const { backend } = valuesOf({ postgresql: { external } })["cvat"] as Values;
    const name = "postgresql-ca";
    expect(backend).toMatchObject({
      additionalEnv: [
        { name: "PGSSLMODE", value: "verify-full" },
        { name: "PGSSLROOTCERT", value: "/etc/vision-platform/postgresql/ca.crt" },
      ],
      additionalVolumes: [
        { name, configMap: { name: expect.stringMatching(/^cvat-postgresql-ca-[0-9a-f]{8}$/) as string } },
      ],
      additionalVolumeMounts: [{ name, mountPath: "/etc/vision-platform/postgresql", readOnly: true }],
    });
    const initializer = {
      volumes: [{ name }],
      containers: [{ name: "cvat-backend", volumeMounts: [{ name, mountPath: "/x" }] }],
    } as unknown as Parameters<typeof usersJob>[0]["initializer"];
    const { spec } = usersJob({ initializer, digest: "d", stamp: "s", patience: 1 }).template;
    expect(spec.volumes.map((volume) => volume.name)).toEqual(["script", "users", "cvat-initialisation", name]);
    expect(spec.containers[0]?.volumeMounts.map((mount) => mount.name)).toEqual([
      "script",
      "users",
      "cvat-initialisation",
      name,
    ]);
  });
});

describe("what a stack says of services of others", () => {
  const problems = (config: unknown) =>
    (cvatConfig.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
  const external = (more: object = {}) => ({ host: "store.example.com", ...more });

  it("is sound with a Secret, an administrator, or a password of the stack", () => {
    expect(problems(ALL)).toEqual([]);
    const secrets = { postgresql: "a-password", redis: "a-password", kvrocks: "a-password", clickhouse: "a-password" };
    const bare = {
      ...{ postgresql: { external: external() }, redis: { external: external() }, kvrocks: { external: external() } },
      analytics: { clickhouse: { external: external() } },
    };
    expect(problems({ ...bare, secrets })).toEqual([]);
    expect(problems(bare).map((text) => text.split(";")[0])).toEqual(
      ["postgresql", "analytics.clickhouse", "redis", "kvrocks"].map((part) => `${part}.external: says no password`),
    );
  });

  it.each<[string, object, RegExp]>([
    [
      "two passwords of one store",
      { ...REDIS, secrets: { redis: "a-password" } },
      /^redis\.external\.existingSecret: is set together with cvat\.secrets\.redis; keep one of the two$/,
    ],
    [
      "one server for queues and chunks",
      {
        redis: { external: external({ existingSecret: "s" }) },
        kvrocks: { external: external({ host: "Store.example.com", port: 6379, existingSecret: "s" }) },
      },
      /^kvrocks\.external: is the server of cvat\.redis\.external, and CVAT takes database 0 of both: .*; give the cache a server of its own$/,
    ],
    [
      "a role beside the Secret that has it",
      { postgresql: { external: external({ existingSecret: "s", user: "annotation" }) } },
      /^postgresql\.external\.user: stands in the Secret of `existingSecret` too/,
    ],
    [
      "a certificate that nothing is compared with",
      { postgresql: { external: external({ ...ADMIN, tls: {} }) } },
      /^postgresql\.external\.tls\.ca: is missing: verify-full compares/,
    ],
    [
      "a key among certificates",
      { postgresql: { external: external({ ...ADMIN, tls: { ca: `${CA}${KEY}${CA}` } }) } },
      /^postgresql\.external\.tls\.ca: holds a private key/,
    ],
    [
      "TLS to the queues",
      { redis: { external: external({ tls: true }) } },
      /^redis\.external\.tls: must be false: CVAT builds redis:\/\//,
    ],
    [
      "TLS to ClickHouse",
      { analytics: { clickhouse: { external: external({ ...ADMIN, tls: true }) } } },
      /^analytics\.clickhouse\.external\.tls: must be false: CVAT, Vector and Grafana all speak http/,
    ],
    [
      "ClickHouse of others for images that make no table",
      { ...CLICKHOUSE, version: "2.39.0" },
      /^analytics\.clickhouse\.external: needs CVAT 2\.45\.0 or later/,
    ],
    [
      "a name that PostgreSQL keeps",
      { postgresql: { external: external({ ...ADMIN, user: "pg_lab" }) } },
      /^postgresql\.external\.user: is a name that PostgreSQL keeps/,
    ],
    [
      "libpq's variable beside what sets it",
      { postgresql: { external: external({ ...ADMIN, tls: { mode: "require" } }) }, env: { PGSSLMODE: "disable" } },
      /^env\.PGSSLMODE: is set already, .*; set cvat\.postgresql\.external\.tls$/,
    ],
  ])("is refused: %s", (_, config, message) => {
    expect(problems(config)).toEqual([expect.stringMatching(message)]);
  });
});

describe("the Job of a database of others", () => {
  it("has every secret by reference, meets level `restricted`, and ends in its time", () => {
    const { external } = plannedCvat(POSTGRESQL).config.postgresql;
    if (external === undefined) throw new Error("no external PostgreSQL");
    const spec = scriptJob(postgresqlPod(external), plannedCvat(POSTGRESQL), { digest: "d", timeoutMs: 600_000 });
    const [container] = spec.template.spec.containers;
    const from = (secret: string, key: string) => ({ valueFrom: { secretKeyRef: { name: secret, key } } });
    expect(Object.fromEntries((container?.env ?? []).map(({ name, ...rest }) => [name, rest]))).toEqual({
      PGHOST: { value: "db.example.com" },
      PGPORT: { value: "6432" },
      MINIMUM_VERSION: { value: "120000" },
      CVAT_USERNAME: from("cvat-external-postgresql", "username"),
      CVAT_PASSWORD: from("cvat-external-postgresql", "password"),
      CVAT_DATABASE: from("cvat-external-postgresql", "database"),
      ADMIN_DATABASE: { value: "postgres" },
      ADMIN_USERNAME: from("an-administrator", "username"),
      ADMIN_PASSWORD: from("an-administrator", "password"),
      PATIENCE: { value: "580" },
    });
    expect(spec).toMatchObject({ backoffLimit: 1, activeDeadlineSeconds: 600 });
    expect(container).toMatchObject({
      image: "cvat/server:v2.64.0",
      securityContext: { runAsNonRoot: true, runAsUser: 1000, allowPrivilegeEscalation: false },
    });
  });
});

describe("what is registered for services of others", () => {
  const registered = recordRegistrations();

  async function names(config: object): Promise<string[]> {
    registered.length = 0;
    const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
    const cluster = { provider, access: {}, readyTimeoutMs: 1000 };
    new CvatSecrets("cvat", { plan: plannedCvat(config), namespace: "cvat", cluster }, { provider });
    await settled(registered);
    return registered.map(({ type, name }) => `${type.split(":").at(-1) ?? ""} ${name}`).sort();
  }
  const inputsOf = (name: string) => registered.find((one) => one.name === name)?.inputs;
  const plain = (value: unknown) =>
    JSON.parse(JSON.stringify(value ?? {}), (_, one: unknown) =>
      typeof one === "object" && one !== null && "value" in one && Object.keys(one).length === 2 ? one.value : one,
    ) as Values;

  it("is a Secret and a Job for each database, and for a store whose Secret is there nothing", async () => {
    const of = await names(ALL);
    const external = of.filter((one) => one.includes("external"));
    expect(external).toEqual(
      ["postgresql", "clickhouse"]
        .flatMap((part) => [
          `ConfigMap cvat-external-${part}-script`,
          `Job cvat-external-${part}`,
          `Job cvat-external-${part}-done`,
          `KeptPasswords cvat-external-${part}-kept`,
          `Secret cvat-external-${part}-secret`,
          ...["nonce", "owner", "password"].map((what) => `GeneratedText cvat-external-${part}-${what}`),
        ])
        .sort(),
    );
    expect(of.filter((one) => one.startsWith("Secret "))).toEqual([
      "Secret cvat-external-clickhouse-secret",
      "Secret cvat-external-postgresql-secret",
      "Secret cvat-secret-grafana",
    ]);
    // What opens the claim that is left behind is kept, for who goes back.
    expect(of).toContain("GeneratedText cvat-postgresql-password");
    expect(plain(inputsOf("cvat-external-postgresql-secret"))["stringData"]).toEqual({
      username: "cvat",
      database: "cvat",
      password: "<cvat-external-postgresql-password>",
    });
  });

  it("starts anew what reads a password that changed, of a Secret of others where its rotation is counted up", async () => {
    const digests = async (config: object) => {
      await names(config);
      return plain(inputsOf("cvat-restart-after-passwords"))["digests"] ?? {};
    };
    const before = await digests(ALL);
    expect(Object.keys(before).sort()).toEqual([
      "cache",
      "cvat-external-clickhouse",
      "cvat-external-postgresql",
      "queues",
    ]);
    const after = await digests({ ...ALL, redis: { external: { ...REDIS.redis.external, rotation: 1 } } });
    expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(["queues"]);
    const moved = await digests({ ...ALL, postgresql: { external: { ...POSTGRESQL.postgresql.external, ...OTHER } } });
    expect(Object.keys(moved).filter((name) => moved[name] !== before[name])).toEqual(["cvat-external-postgresql"]);
  });

  it("runs the Job anew for another password, database or role, and for nothing else", async () => {
    const digest = async (password: string, more: object = {}) => {
      await names({ ...POSTGRESQL, secrets: { postgresql: password }, ...more });
      return JSON.stringify(plain(inputsOf("cvat-external-postgresql"))["spec"]);
    };
    const before = await digest("one-password");
    expect(await digest("one-password", { server: { replicas: 2 } })).toBe(before);
    expect(await digest("another-password")).not.toBe(before);
    for (const one of [OTHER, { user: "other" }]) {
      const external = { ...POSTGRESQL.postgresql.external, ...one };
      expect(await digest("one-password", { postgresql: { external } })).not.toBe(before);
    }
    expect(before).not.toContain("one-password");
  });
});

describe("what the chart has no value for", () => {
  const labels = { app: "cvat-app", tier: "backend" };
  const pod = (kind: string, name: string, container: object): RenderedObject => ({
    ...{
      apiVersion: "v1",
      kind,
      metadata: { name, namespace: "cvat", labels: name.startsWith("cvat-backend") ? labels : {} },
    },
    spec: { template: { spec: { containers: [{ name: "one", ...container }] } } },
  });
  const mended = (object: RenderedObject) => {
    const copy = structuredClone(object);
    for (const fix of externalFixes(cvatConfig.parse(ALL))) {
      if (!fix.matches(copy) || !fix.stillNeeded(copy)) continue;
      fix.apply(copy);
      expect(fix.stillNeeded(copy)).toBe(false);
    }
    const { containers } = (copy["spec"] as { template: { spec: { containers: object[] } } }).template.spec;
    return containers[0];
  };
  const fromChart = { secretKeyRef: { name: "cvat-analytics-secret", key: "CLICKHOUSE_PASSWORD" } };
  const fromOurs = { secretKeyRef: { name: "cvat-external-clickhouse", key: "password" } };

  it("is put into the pods: ports of the stores, and where ClickHouse's password stands", () => {
    const env = [
      { name: "CVAT_REDIS_INMEM_PORT", value: "6379" },
      { name: "CVAT_REDIS_ONDISK_PORT", value: "6666" },
      { name: "CLICKHOUSE_PASSWORD", valueFrom: fromChart },
    ];
    expect(mended(pod("Deployment", "cvat-backend-server", { env }))).toMatchObject({
      env: [
        { name: "CVAT_REDIS_INMEM_PORT", value: "7000" },
        { name: "CVAT_REDIS_ONDISK_PORT", value: "6666" },
        { name: "CLICKHOUSE_PASSWORD", valueFrom: fromOurs },
      ],
    });
    const envFrom = [{ secretRef: { name: "cvat-analytics-secret" } }];
    expect(mended(pod("StatefulSet", "cvat-vector", { envFrom }))).toEqual({
      ...{ name: "one", envFrom },
      env: [{ name: "CLICKHOUSE_PASSWORD", valueFrom: fromOurs }],
    });
    expect(mended(pod("Deployment", "cvat-opa", {}))).toEqual({ name: "one" });
  });
});
