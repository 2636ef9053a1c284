import "./fresh-modules.ts";
import * as pulumi from "@pulumi/pulumi";
import { expect, test, vi } from "vitest";
import type { ChartInstallArgs } from "../../components/charts/install.ts";
import { clearmlPlan, clearmlPlanOn } from "../../components/clearml/plan.ts";
import { CLEARML_FIXES } from "../../components/clearml/fixes.ts";
import { tokenOf } from "../../components/records/tokens.ts";
import { recordRegistrations } from "./registrations.ts";
import { plannedClearml } from "../fixtures/inputs/planned.ts";

const CANARY = "canary-password-7f3a";
const registered = recordRegistrations((_name, length) => "A".repeat(length));
const installs: { name: string; args: ChartInstallArgs }[] = [];

// The engine's stand-in for tests knows no transforms, by which the real one works; that is for rehearsal. Here: what it is asked for.
vi.mock("../../components/charts/install.ts", () => ({
  ChartInstall: class {
    readonly ready = pulumi.output(undefined);
    readonly ledger = pulumi.output([]);
    readonly workloads = pulumi.output([]);
    readonly ownPolicies = pulumi.output([]);
    constructor(name: string, args: ChartInstallArgs) {
      installs.push({ name, args });
    }
    addressOf(service: string) {
      return pulumi.output(`address-of-${service}`);
    }
  },
}));

const valueOf = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

async function clearMl(stack: object, more: object = {}) {
  const k8s = await import("@pulumi/kubernetes");
  const { ClearMl } = await import("../../components/clearml/clearml.ts");
  registered.length = 0;
  installs.length = 0;
  const server = new ClearMl("clearml", {
    plan: plannedClearml(stack),
    chart: { name: "clearml", version: "7.14.7", path: "/charts/clearml-7.14.7.tgz", origin: "locked" },
    cluster: {
      provider: new k8s.Provider("provider", {}),
      access: {},
      readyTimeoutMs: 1000,
    },
    ...more,
  });
  // The digests among the values are known when the Secrets they stand for are registered, and so everything is.
  await valueOf(pulumi.output(installs[0]?.args.values ?? {}));
  return server;
}

const LAB = {
  namespace: "lab",
  addresses: { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" },
  users: [{ username: "anna", name: "Anna", password: CANARY }],
};

test("what is registered, and where it can be reached", async () => {
  const server = await clearMl(LAB);
  const own = registered.filter(({ type }) => !type.startsWith("pulumi") && tokenOf(type) === undefined);
  expect(own.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
    "kubernetes:core/v1:Namespace clearml-namespace",
    "kubernetes:core/v1:Secret clearml-configuration",
    "kubernetes:core/v1:Secret clearml-credentials",
    "vision-platform:clearml:ClearMl clearml",
  ]);
  expect(registered.filter(({ type }) => tokenOf(type)?.startsWith("clearml:")).map(({ name }) => name)).toEqual([
    "clearml-api-keys",
  ]);
  expect(await valueOf(server.webUrl)).toBe("http://192.0.2.40");
  expect(await valueOf(server.apiUrl)).toBe("http://192.0.2.41");
  expect(await valueOf(server.filesUrl)).toBe("http://192.0.2.42");
  expect(await valueOf(server.namespace)).toBe("lab");
  expect(server.versions).toMatchObject({ version: "7.14.7", known: true });
  expect(server.users).toEqual(["anna"]);
});

test("addresses nobody named are those the Services got", async () => {
  const server = await clearMl({ port: 8080 });
  expect(await valueOf(server.webUrl)).toBe("http://address-of-clearml-webserver:8080");
  expect(await valueOf(server.filesUrl)).toBe("http://address-of-clearml-fileserver:8080");
});

test("how the chart is installed", async () => {
  await clearMl(LAB);
  expect(installs).toHaveLength(1);
  const { name, args } = installs[0] ?? expect.fail();
  expect(name).toBe("clearml-server");
  expect(args).toMatchObject({
    title: "ClearML",
    release: "clearml",
    chart: { version: "7.14.7" },
  });
  const fixes = args.fixes.map(({ id }) => id);
  expect(fixes).toEqual([...CLEARML_FIXES.map(({ id }) => id), "clearml-delete-prefixes"]);
  expect(await valueOf(pulumi.output(args.namespace))).toBe("lab");
  const stageOf = (workload: string) => args.stages.find((row) => row.name.test(workload))?.stage;
  expect(["clearml-elastic-master", "clearml-mongodb", "clearml-redis-master"].map(stageOf)).toEqual(
    Array(3).fill("databases"),
  );
  expect(stageOf("clearml-apiserver")).toBe("server");
  expect(["clearml-webserver", "clearml-fileserver", "clearml-apiserver-asyncdelete"].map(stageOf)).toEqual(
    Array(3).fill("workers"),
  );
});

const S3 = {
  endpoint: "192.0.2.30:9000",
  secure: true,
  accessKey: "canary-delete-key",
  secretKey: "canary-delete-secret",
  bucket: "clearml",
  ca: "PEM",
};

test("a key of the object store is in one Secret, which nothing but the job that deletes files is given", async () => {
  await clearMl(LAB, { s3: pulumi.secret(S3), s3Ca: "PEM" });
  const holding = registered.filter(({ inputs }) => JSON.stringify(inputs).includes(S3.secretKey));
  expect(holding.map(({ type, name }) => `${type} ${name}`)).toEqual(["kubernetes:core/v1:Secret clearml-delete-job"]);
  const { values, fixes } = installs[0]?.args ?? expect.fail();
  const { apiserver, ...others } = values as { apiserver: Record<string, unknown> };
  const { asyncdelete, ...ofApiserver } = apiserver;
  expect(JSON.stringify(asyncdelete)).toContain("clearml-delete-job");
  const outputs = JSON.stringify([others, ofApiserver], (_key, value: unknown) =>
    pulumi.Output.isInstance(value) ? "output" : value,
  );
  expect(outputs).not.toMatch(/clearml-delete-job|storage_credentials|canary-delete/);
  expect(fixes.map(({ id }) => id).slice(-3)).toEqual([
    "clearml-delete-prefixes",
    "clearml-delete-store",
    "clearml-delete-authority",
  ]);
  expect(registered.filter(({ name }) => /ca$|readers$/.test(name)).map(({ type, name }) => `${type} ${name}`)).toEqual(
    [
      "kubernetes:core/v1:ConfigMap clearml-object-store-ca",
      "vision-platform:secrets:Restart clearml-delete-job-readers",
    ],
  );
});

test("credentials are outputs that stay secret", async () => {
  const { credentials } = await clearMl(LAB);
  expect(await pulumi.isSecret(credentials)).toBe(true);
  expect(await valueOf(credentials)).toEqual({
    users: { anna: CANARY },
    agent: { accessKey: "A".repeat(30), secretKey: "A".repeat(54) },
  });
});

test("chart values hold no password, and nothing but secrets that are not known at preview", async () => {
  await clearMl(LAB);
  const outputs: [string, boolean][] = [];
  const plain: string[] = [];
  const walk = async (value: unknown, path: string): Promise<void> => {
    if (pulumi.Output.isInstance(value)) outputs.push([path, await pulumi.isSecret(value)]);
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) await walk(inner, `${path}.${key}`);
    else plain.push(String(value));
  };
  await walk(installs[0]?.args.values, "values");
  expect(outputs).toEqual([
    ["values.apiserver.podAnnotations.vision-platform/configuration", true],
    ["values.fileserver.podAnnotations.vision-platform/configuration", true],
  ]);
  expect(plain).not.toContain(CANARY);
});

test("a version that is not known to work does not get past the plan either", () => {
  const plan = plannedClearml(LAB);
  const config = { ...plan.config, version: "7.15.0" };
  const chart = { name: "clearml", version: "7.15.0", path: "", origin: "locked" } as const;
  const classes = { storageClass: "longhorn", ingressClass: "traefik" };
  expect(() => clearmlPlan({ config, classes })).toThrow("Dragonfly instead of Redis");
  expect(() => clearmlPlanOn({ ...plan, config }, chart)).toThrow("Dragonfly instead of Redis");
});
