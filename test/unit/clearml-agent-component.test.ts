import "./fresh-modules.ts";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test, vi } from "vitest";
import type { ChartInstallArgs } from "../../components/charts/install.ts";
import type { ClearMl } from "../../components/clearml/clearml.ts";
import type { S3Access } from "../../components/clearml/conf.ts";
import { agentPlan } from "../../components/clearml/agent/plan.ts";
import { clearmlConfig } from "../../components/clearml/clearml-section.ts";
import { recordRegistrations } from "./registrations.ts";

const registered = recordRegistrations();
const installs: { name: string; args: ChartInstallArgs }[] = [];

vi.mock("../../components/charts/install.ts", () => ({
  ChartInstall: class {
    readonly ready = pulumi.output(undefined);
    readonly ledger = pulumi.output([]);
    readonly workloads = pulumi.output([]);
    readonly ownPolicies = pulumi.output([]);
    constructor(name: string, args: ChartInstallArgs) {
      installs.push({ name, args });
    }
  },
}));

beforeEach(() => {
  installs.length = 0;
});

const S3: S3Access = {
  endpoint: "192.0.2.30:9000",
  secure: false,
  accessKey: "canary-s3-key",
  secretKey: "canary-s3-secret",
  bucket: "clearml",
};
const AGENT = { accessKey: "CANARYKEY", secretKey: "canary-secret" };
const CANARIES = [S3.accessKey, S3.secretKey, AGENT.accessKey, AGENT.secretKey];

const valueOf = <T>(output: pulumi.Input<T>) =>
  new Promise<pulumi.Unwrap<T>>((resolve) => pulumi.output(output).apply(resolve));

async function agent(s3: S3Access | undefined, pair = AGENT) {
  const k8s = await import("@pulumi/kubernetes");
  const { ClearMlAgent } = await import("../../components/clearml/agent/agent.ts");
  const config = clearmlConfig.parse({
    endpoint: "http://127.0.0.1:8008",
    agent: { enabled: true, queue: "gpu" },
  });
  const server = {
    apiUrl: pulumi.output("http://192.0.2.41"),
    credentials: pulumi.secret({ users: {}, agent: pair }),
    ready: pulumi.output(undefined),
  } as unknown as ClearMl;
  const before = installs.length;
  const made = new ClearMlAgent("clearml-agent", {
    config,
    plan: agentPlan(config.agent, "5.3.3"),
    chart: { name: "clearml-agent", version: "5.3.3", path: "/charts/clearml-agent.tgz", origin: "locked" },
    cluster: {
      provider: new k8s.Provider("provider", {}),
      access: {},
      readyTimeoutMs: 1000,
    },
    server,
    s3: s3 && pulumi.secret(s3),
    delivery: { context: "images/clearml-agent", checkout: "/checkout" },
  });
  // The chart comes when the server is ready.
  await vi.waitUntil(() => installs.length > before, { timeout: 30_000 });
  const digest = pulumi.output(installs.at(-1)?.args.values ?? {}).apply((values) => {
    const glue = (values as { agentk8sglue: { annotations: Record<string, string> } }).agentk8sglue;
    return glue.annotations["vision-platform/configuration"];
  });
  return { made, digest: await valueOf(digest) };
}

const inputsOf = (name: string) => unmarked(registered.find((one) => one.name === name)?.inputs);

/** Without the marks by which the engine knows a secret. */
function unmarked(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  if (pulumi.runtime.specialSigKey in fields) return unmarked(fields["value"]);
  return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, unmarked(inner)]));
}

test("what is registered", async () => {
  const { made } = await agent(S3);
  const own = registered.filter(({ type }) => !type.startsWith("pulumi:providers"));
  expect(own.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
    "kubernetes:core/v1:Namespace clearml-agent-namespace",
    "kubernetes:core/v1:Secret clearml-agent-configuration",
    "kubernetes:core/v1:Secret clearml-agent-credentials",
    "vision-platform:clearml:ClearMlAgent clearml-agent",
    "vision-platform:clearml:Queue clearml-agent-queue",
    "vision-platform:images:ImageDelivery clearml-agent-image",
  ]);
  expect(made.image).toBe("registry.internal/clearml-agent:2.0.7-2");
  expect(made.queue).toBe("gpu");
});

test("the queue is made with the agent's own pair, at the address this machine uses", async () => {
  await agent(S3);
  expect(inputsOf("clearml-agent-queue")).toMatchObject({
    name: "gpu",
    connection: { endpoint: "http://127.0.0.1:8008", ...AGENT },
  });
});

test("credentials are in their Secret, and the configuration names only their variables", async () => {
  await agent(S3);
  expect(inputsOf("clearml-agent-credentials")).toMatchObject({
    metadata: { name: "clearml-agent-credentials", namespace: "clearml-agent" },
    stringData: {
      agentk8sglue_key: AGENT.accessKey,
      agentk8sglue_secret: AGENT.secretKey,
      s3_access_key: S3.accessKey,
      s3_secret_key: S3.secretKey,
    },
  });
  const { stringData } = inputsOf("clearml-agent-configuration") as { stringData: Record<string, string> };
  expect(stringData["clearml.conf"]).toContain('default_output_uri: "s3://192.0.2.30:9000/clearml"');
  for (const canary of CANARIES) expect(stringData["clearml.conf"]).not.toContain(canary);
});

test("chart values hold no secret but the digest", async () => {
  await agent(S3);
  const values = installs[0]?.args.values ?? {};
  const secrets: string[] = [];
  const walk = async (value: unknown, path: string): Promise<void> => {
    if (pulumi.Output.isInstance(value)) secrets.push(`${path} ${await pulumi.isSecret(value)}`);
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) await walk(inner, `${path}.${key}`);
    else for (const canary of CANARIES) expect(String(value)).not.toContain(canary);
  };
  await walk(values, "values");
  expect(secrets).toEqual(["values.agentk8sglue.annotations.vision-platform/configuration true"]);
});

test("the agent starts anew when a pair or the store's key changes, and not otherwise", async () => {
  const { digest } = await agent(S3);
  expect((await agent(S3)).digest).toBe(digest);
  expect((await agent({ ...S3, secretKey: "rotated" })).digest).not.toBe(digest);
  expect((await agent({ ...S3, bucket: "another" })).digest).not.toBe(digest);
  expect((await agent(S3, { ...AGENT, secretKey: "rotated" })).digest).not.toBe(digest);
});

test("without an object store nothing is said of one", async () => {
  await agent(undefined);
  expect(Object.keys((inputsOf("clearml-agent-credentials") as { stringData: object }).stringData)).toEqual([
    "agentk8sglue_key",
    "agentk8sglue_secret",
  ]);
  expect(JSON.stringify(inputsOf("clearml-agent-configuration"))).not.toMatch(/s3|VISION_PLATFORM/);
});
