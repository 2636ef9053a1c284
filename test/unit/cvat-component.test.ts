import "./fresh-modules.ts";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ChartInstallArgs } from "../../components/charts/install.ts";
import type { ChartSource } from "../../components/charts/source.ts";
import type { Cluster } from "../../components/kubernetes/cluster.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { installedVersions } from "../../components/charts/versions.ts";
import { Cvat, type CvatArgs } from "../../components/cvat/cvat.ts";
import { cvatPlanOn } from "../../components/cvat/plan.ts";
import { CVAT_VERSIONS, cvatWish } from "../../components/cvat/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import type { SignIn } from "../../components/cvat/routes.ts";
import { signInEdge } from "../fixtures/edge/lab.ts";
import { recordRegistrations } from "./registrations.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";

type Inputs = Record<string, unknown>;
type NamedResource = pulumi.Resource & { __name: string };
const registered = recordRegistrations();
const retained: string[] = [];
const installs: { args: ChartInstallArgs; dependsOn: NamedResource[] }[] = [];

// The engine's stand-in knows no transforms, by which the real ChartInstall works; rehearsal has that. Here: what it is asked for.
vi.mock("../../components/charts/install.ts", () => ({
  ChartInstall: class {
    readonly ready = pulumi.output(undefined);
    readonly ledger = pulumi.output([]);
    readonly workloads = pulumi.output([]);
    readonly ownPolicies = pulumi.output([]);
    constructor(_: string, args: ChartInstallArgs, { dependsOn }: { dependsOn: NamedResource[] }) {
      installs.push({ args, dependsOn });
    }
    object(kind: string, name: string) {
      const container = {
        image: "cvat/server:v2.64.0",
        env: [{ name: "CVAT_POSTGRES_HOST", value: `of ${kind} ${name}` }],
      };
      return pulumi.output({ spec: { template: { spec: { containers: [container] } } } });
    }
  },
}));

beforeEach(() => {
  installs.length = 0;
  retained.length = 0;
});

const chart = (version: string, origin: ChartSource["origin"] = "locked"): ChartSource => ({
  name: "cvat",
  version,
  path: `/charts/cvat-${version}.tgz`,
  origin,
});

const INGRESS = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "cvat-analytics" } } as const;

const valueOf = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

/** Registers CVAT as a stack with these keys has it, and waits until all of it is registered. */
async function up(config: unknown, source = chart("2.64.0"), signIn?: SignIn) {
  const cluster: Cluster = {
    provider: new k8s.Provider("cluster", { kubeconfig: "{}" }),
    access: {},
    readyTimeoutMs: 1000,
  };
  const args: CvatArgs = {
    plan: cvatPlanOn({ ...plannedCvat(config), signIn }, source),
    chart: source,
    cluster,
    objectStoreAddresses: pulumi.output(["10.43.0.9:9000"]),
    address: "192.0.2.20",
  };
  const cvat = new Cvat("cvat", args, {
    transformations: [
      ({ name, opts }) => {
        if (opts.retainOnDelete) retained.push(name);
        return undefined;
      },
    ],
  });
  const [install] = installs;
  if (!install) throw new Error("no chart was installed");
  const { dependsOn } = install;
  await Promise.all(
    [cvat.ready, cvat.namespace, cvat.passwords, ...dependsOn.map(({ urn }) => urn)].map(valueOf<unknown>),
  );
  // What hangs on outputs of others is registered a little later.
  await vi.waitUntil(() => registered.some(({ type, name }) => type.endsWith(":Job") && name === "cvat-users"), {
    timeout: 30_000,
  });
  const before = dependsOn.map(({ __name }) => __name).sort();
  return { cvat, args: install.args, before, values: (await valueOf(pulumi.output(install.args.values))) as Inputs };
}

const found = (type: string) => registered.filter((one) => one.type === type);
const inputsOf = (name: string) => registered.find((one) => one.name === name)?.inputs;

/** Inputs as plain data: the mark of secrets taken off. */
function clear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clear);
  if (typeof value !== "object" || value === null) return value;
  if ("4dabf18193072939515e22adb298388d" in value) return clear((value as { value?: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clear(item)]));
}

describe("Cvat", () => {
  it("registers a homelab's objects beside the chart", async () => {
    const { cvat, before } = await up({});
    expect(await valueOf(cvat.url)).toBe("http://192.0.2.20");
    expect(await valueOf(cvat.analyticsUrl ?? pulumi.output(""))).toBe("http://192.0.2.20/analytics");
    expect(await valueOf(cvat.namespace)).toBe("cvat");
    expect(cvat.versions).toMatchObject({ version: "2.64.0", parts: { chart: "2.64.0" }, known: true });
    const own = registered
      .filter(({ type }) => !/provider|:Cvat$/.test(type))
      .map(({ type, name }) => `${type} ${name}`);
    expect(own.sort()).toEqual([
      "kubernetes:batch/v1:Job cvat-users",
      "kubernetes:core/v1:ConfigMap cvat-initialisation",
      "kubernetes:core/v1:ConfigMap cvat-kvrocks",
      "kubernetes:core/v1:ConfigMap cvat-settings",
      "kubernetes:core/v1:ConfigMap cvat-users-script",
      "kubernetes:core/v1:Namespace cvat-namespace",
      "kubernetes:core/v1:Secret cvat-secret-grafana",
      "kubernetes:core/v1:Secret cvat-secret-kvrocks",
      "kubernetes:core/v1:Secret cvat-secret-postgresql",
      "kubernetes:core/v1:Secret cvat-secret-redis",
      "kubernetes:core/v1:Secret cvat-users",
      "kubernetes:traefik.io/v1alpha1:Middleware cvat-signed-in",
      "vision-platform:cvat:RegistrationProof cvat-registration-proof",
      "vision-platform:cvat:UsersReady cvat-users-ready",
      ...[
        "clickhouse-password",
        "grafana-password",
        "kvrocks-password",
        "password-admin",
        "postgresql-admin-password",
        "postgresql-password",
        "postgresql-replication-password",
        "redis-password",
      ].map((what) => `vision-platform:secrets:GeneratedText cvat-${what}`),
      "vision-platform:secrets:GeneratedText cvat-users-nonce",
      "vision-platform:secrets:KeptPasswords cvat-kept-passwords",
      "vision-platform:secrets:Restart cvat-restart-after-clickhouse",
      "vision-platform:secrets:Restart cvat-restart-after-passwords",
    ]);
    expect(before).toEqual([
      "cvat-initialisation",
      "cvat-kvrocks",
      "cvat-restart-after-passwords",
      "cvat-secret-grafana",
      "cvat-secret-kvrocks",
      "cvat-secret-postgresql",
      "cvat-secret-redis",
      "cvat-settings",
      "cvat-signed-in",
    ]);
  });

  it("retains what data needs to outlive the stack: the Namespace, and the password the database was made with", async () => {
    await up({});
    expect(retained).toEqual(["cvat-namespace", "cvat-secret-postgresql"]);
  });

  it("gives every database a password of its own, by Secrets under the chart's names", async () => {
    await up({ secrets: { postgresql: "from-the-old-lab" } });
    expect(found("kubernetes:core/v1:Secret").map(({ inputs }) => clear(inputs))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          metadata: { name: "cvat-postgres-secret", namespace: "cvat" },
          type: "Opaque",
          stringData: {
            database: "cvat",
            username: "cvat",
            password: "from-the-old-lab",
            "postgres-password": "<cvat-postgresql-admin-password>",
            "replication-password": "<cvat-postgresql-replication-password>",
          },
        }),
        expect.objectContaining({ stringData: { password: "<cvat-redis-password>" } }),
        expect.objectContaining({ stringData: { password: "<cvat-kvrocks-password>" } }),
        expect.objectContaining({
          metadata: { name: "cvat-grafana-admin", namespace: "cvat" },
          stringData: { "admin-user": "admin", "admin-password": "<cvat-grafana-password>" },
        }),
      ]),
    );
    expect(registered.some(({ name }) => name === "cvat-postgresql-password")).toBe(false);
  });

  it("lets CVAT through to the addresses that stand in the stack, and to no others", async () => {
    const external = { bucket: "old", accessKey: "k", secretKey: "s" };
    const events = ["update:job"];
    const { values } = await up({
      cloudStorages: [
        { name: "here", external: { ...external, endpoint: "http://192.0.2.60:9000" } },
        { name: "there", external: { ...external, endpoint: "https://s3.example.com" } },
      ],
      organizations: [
        {
          slug: "lab",
          webhooks: [
            { name: "ci", url: "https://192.0.2.61/cvat", events },
            { name: "chat", url: "http://192.0.2.60:9000/chat", events },
          ],
        },
      ],
      smokescreen: { allowAddresses: ["192.0.2.62"] },
    });
    expect(values).toMatchObject({
      smokescreen: {
        opts: "--allow-address=10.43.0.9:9000 --allow-address=192.0.2.60:9000 --allow-address=192.0.2.61:443 --allow-address=192.0.2.62",
      },
    });
  });

  it("installs the chart with the values and fixes of its version, and ClickHouse's password as a secret", async () => {
    const { args, values } = await up({});
    expect(args).toMatchObject({ title: "CVAT", release: "cvat", chart: { path: "/charts/cvat-2.64.0.tgz" } });
    expect(await valueOf(pulumi.output(args.namespace))).toBe("cvat");
    expect(values).toMatchObject({
      smokescreen: { opts: "--allow-address=10.43.0.9:9000" },
      cvat: { backend: { tag: "v2.64.0", defaultStorage: { storageClassName: "longhorn" } } },
      analytics: { clickhousePassword: "<cvat-clickhouse-password>" },
    });
    expect(JSON.stringify(values).match(/<cvat-[a-z-]+>/g)).toEqual(["<cvat-clickhouse-password>"]);
    expect(args.fixes.map(({ id }) => id)).toContain("backend-numeric-user");
  });

  it.each([
    ["cvat-postgresql", "databases"],
    ["cvat-redis-master", "databases"],
    ["cvat-kvrocks", "databases"],
    ["cvat-clickhouse-shard0", "databases"],
    ["cvat-backend-initializer-r1", "server"],
    ["cvat-backend-server", "server"],
    ["cvat-opa", "server"],
    ["cvat-frontend", "server"],
    ["cvat-backend-worker-export", undefined],
    ["cvat-vector", undefined],
    ["cvat-grafana", undefined],
  ])("waits for %s among %s", async (workload, stage) => {
    const { args } = await up({});
    expect(args.stages.find(({ name }) => name.test(workload))?.stage).toBe(stage);
  });

  it("keeps the registry's credentials in a Secret of Docker's form", async () => {
    const { values } = await up({
      nuclio: { registry: { url: "docker.io/lab", username: "robot", password: "a-token" } },
    });
    const { type, stringData } = clear(inputsOf("cvat-secret-registry")) as {
      type: string;
      stringData: Record<string, string>;
    };
    expect(type).toBe("kubernetes.io/dockerconfigjson");
    expect(JSON.parse(stringData[".dockerconfigjson"] ?? "")).toEqual({
      auths: {
        "https://index.docker.io/v1/": {
          username: "robot",
          password: "a-token",
          auth: Buffer.from("robot:a-token").toString("base64"),
        },
      },
    });
    expect(values).toMatchObject({ nuclio: { registry: { secretName: "cvat-nuclio-registry" } } });
  });

  it.each<[string, unknown, ChartSource, boolean]>([
    ["the runbook's pair", { version: "2.39.0", chart: "0.17.1" }, chart("0.17.1"), true],
    [
      "the same without analytics",
      { version: "2.39.0", chart: "0.17.1", analytics: { enabled: false } },
      chart("0.17.1"),
      false,
    ],
    ["the pair that was shipped", { version: "2.39.0" }, chart("0.15.0"), false],
    ["a new release", {}, chart("2.64.0"), false],
  ])("for %s, makes ClickHouse's table by a Job or leaves it", async (_, config, source, made) => {
    await up(config, source);
    expect(
      found("kubernetes:batch/v1:Job")
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...(made ? ["cvat-clickhouse-init"] : []), "cvat-users"]);
  });

  it("starts anew what reads the address of somebody else's ClickHouse, when it is another", async () => {
    const digests = async (host: string) => {
      registered.length = 0;
      installs.length = 0;
      const external = { host, existingSecret: "events" };
      await up({ analytics: { clickhouse: { external } } });
      return JSON.stringify(clear(inputsOf("cvat-restart-after-clickhouse")?.["digests"]));
    };
    expect(await digests("a.example")).not.toBe(await digests("b.example"));
  });

  it("registers the routes of sign-in in their order, before the chart, and no Ingress of the chart's", async () => {
    const { cvat, before, values, args } = await up(
      signInEdge().plan.config,
      chart("2.64.0"),
      signInEdge().plan.signIn,
    );
    const routes = registered
      .filter(({ type }) => /traefik/.test(type))
      .map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);
    // Of a stage in any order, each stage when the one before is there.
    expect(routes.slice(0, 5).sort()).toEqual([
      "Middleware cvat-signed-in",
      "Middleware cvat-sso-clean",
      "Middleware cvat-sso-https",
      "Middleware cvat-sso-session",
      "Middleware cvat-sso-slashes",
    ]);
    expect(routes.slice(5)).toEqual(["IngressRoute cvat-sso-routes", "IngressRoute cvat-sso-routes-http"]);
    expect(before).toEqual(expect.arrayContaining(routes.map((text) => text.split(" ")[1])));
    expect(inputsOf("cvat-sso-routes")).toMatchObject({ metadata: { name: "sso-routes", namespace: "cvat" } });
    expect(values).toMatchObject({ ingress: { enabled: false } });
    expect(args.fixes.some((fix) => fix.id === "ingress-middlewares" && fix.matches(INGRESS))).toBe(false);
    expect(await valueOf(cvat.url)).toBe("https://cvat.example.com");
    expect(await valueOf(cvat.analyticsUrl ?? pulumi.output(""))).toBe("https://cvat.example.com/analytics");
  });

  it("asks nobody to wait for an Ingress of ours, and says no address of Grafana's where there is none", async () => {
    const lab = { ingress: { edge: "ingress-nginx", className: "nginx" }, sso: { tokenHost: "api.example.com" } };
    const { plan } = signInEdge(lab);
    const { cvat } = await up(plan.config, chart("2.64.0"), plan.signIn);
    const ingresses = found("kubernetes:networking.k8s.io/v1:Ingress");
    const [first, ...others] = ingresses.map(({ name }) => name);
    expect(first).toBe("cvat-sso-pages");
    expect(others.sort()).toEqual(["cvat-sso-calls", "cvat-sso-open", "cvat-sso-token"]);
    for (const { inputs } of ingresses)
      expect(inputs["metadata"]).toMatchObject({ annotations: { "pulumi.com/skipAwait": "true" } });
    expect(cvat.analyticsUrl).toBeUndefined();
  });

  it("leaves out all of analytics when it is off", async () => {
    const { cvat } = await up({ analytics: { enabled: false } });
    expect(cvat.analyticsUrl).toBeUndefined();
    expect(registered.filter(({ name }) => /grafana|clickhouse|signed-in/.test(name))).toEqual([]);
  });
});

describe("the versions a stack installs", () => {
  const versionsOf = (keys: unknown, source?: ChartSource) =>
    installedVersions(CVAT_VERSIONS, cvatWish(cvatConfig.parse(keys)), source);

  it.each<[string, unknown, ChartSource | undefined, string]>([
    ["none at hand yet", { version: "2.48.1" }, undefined, "2.48.1 on 0.17.1, known"],
    ["the locked chart", {}, chart("2.64.0"), "2.64.0 on 2.64.0, known"],
    ["a chart the user named", {}, chart("2.64.1", "override"), "2.64.0 on 2.64.1, unknown"],
    ["a chart the user named, of a good set", {}, chart("2.64.0", "override"), "2.64.0 on 2.64.0, known"],
    ["a miniature", { version: "2.39.0", chart: "0.17.1" }, chart("0.17.1", "miniature"), "2.39.0 on 0.17.1, known"],
  ])("are, with %s", (_, keys, source, expected) => {
    const { version, parts, known } = versionsOf(keys, source);
    expect(`${version} on ${parts.chart}, ${known ? "known" : "unknown"}`).toBe(expected);
  });

  it("are refused where the locked chart is another one", () => {
    expect(() => versionsOf({}, chart("0.17.1"))).toThrow(UserError);
    expect(() => versionsOf({}, chart("0.17.1"))).toThrow(
      /^vision-platform:cvat\.chart: CVAT 2\.64\.0 \(chart 0\.17\.1, server 2\.64\.0, ui 2\.64\.0\) is not a set/,
    );
  });
});
