import { setHeaderOptions, KubeConfig, CustomObjectsApi, PatchStrategy } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { data, entrance, server, store } from "./bench.ts";
import { problemsOf } from "./failure.ts";
import { startLab, type Lab } from "./harness.ts";
import { startSmallLab, type ChartObject, type SmallLab } from "./small-lab.ts";

const KEY = "vision-platform:cluster.readyTimeout";

describe("a stack that is not ready in time", () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab({ cluster: { readyTimeout: "20s" }, cvat: { enabled: false } });
    await lab.prepare();
    // MetalLB with a pool that lacks one of the addresses the stack asks for.
    await limitPool(lab, ["192.0.2.20/32", "192.0.2.41/32", "192.0.2.42/32"]);
  });
  afterAll(() => lab.end());

  it("ends, for a Service without address, when the configuration says so, with reason and cure", async () => {
    const start = Date.now();
    const problems = await problemsOf(lab.run("up"));
    const seconds = (Date.now() - start) / 1000;

    // The time allowed, and what it takes to install ClearML.
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThan(90);
    expect(problems).toEqual([expect.stringMatching(/^ClearML was not ready within 20 s\. Still waited for:$/m)]);
    const [text] = problems;
    expect(text).toMatch(/Service clearml-webserver: no address yet: AllocationFailed: .*"192\.0\.2\.40".*not allowed/);
    expect(text).toContain("MetalLB's pool");
    expect(text).toContain(KEY);
    expect(text).not.toContain("clearml-apiserver");
    expect(text).not.toMatch(/^\s+at /m);
    expect(lab.lines.join("\n")).toContain("ClearML: waiting for Service clearml-webserver: no address yet");
  });

  it("goes on where it stopped once the cause is cured", async () => {
    await limitPool(lab, ["192.0.2.0/24"]);
    const { changes } = await lab.run("up");
    expect(changes.filter(({ kind }) => kind === "Deployment")).toEqual([]);
  });
});

describe("the readiness gate", () => {
  const UNPULLABLE = "registry.example/withdrawn/";
  let lab: SmallLab;

  beforeAll(async () => {
    lab = await startSmallLab({ unpullable: [UNPULLABLE] });
  });
  afterAll(() => lab.end());

  /** Runs `up` with time for the start alone, and gives what it said. */
  async function stuck(objects: readonly ChartObject[]): Promise<{ lines: string; error: string }> {
    await lab.chart(objects);
    const [error = "", ...more] = await problemsOf(lab.run("up", { readyTimeoutMs: 12_000 }));
    expect(more).toEqual([]);
    expect(error).toContain(KEY);
    return { lines: lab.lines.join("\n"), error };
  }

  it("tells of an image that cannot be pulled and of a runtime class that is missing, while it waits and at the end", async () => {
    const { lines, error } = await stuck([
      server({ name: "bench-image", image: `${UNPULLABLE}server:1` }),
      server({ name: "bench-gpu", runtimeClassName: "absent" }),
      server(),
    ]);
    for (const text of [lines, error]) {
      expect(text).toMatch(
        /bench-image.*ImagePullBackOff: Back-off pulling image "registry\.example\/withdrawn\/server:1"/,
      );
      expect(text).toMatch(/bench-gpu.*FailedCreate: .*RuntimeClass "absent" not found/);
      expect(text).toContain("Check the image's name and tag");
      expect(text).toContain("create the RuntimeClass");
    }
    expect(error).toMatch(/Deployment bench-image: 0 of 1 pods ready/);
    expect(error).not.toContain("bench-server");
  });

  it("tells of a claim that is not bound, before anything that needs it", async () => {
    const { lines, error } = await stuck([data({ storageClass: "absent" }), server({ claim: "bench-data" })]);
    expect(lines).toMatch(/PersistentVolumeClaim\/bench-data is stuck: ProvisioningFailed: .*"absent" not found/);
    expect(error).toMatch(/PersistentVolumeClaim bench-data: Pending: ProvisioningFailed: .*"absent" not found/);
    expect(error).toContain("Set cluster.storageClass");
    expect(lines).not.toMatch(/waiting for Deployment/);
    await lab.remove(data());
  });

  it("tells of a Service that nobody gives an address", async () => {
    const { error } = await stuck([server(), entrance({ "rehearsal.vision-platform/no-address": "true" })]);
    expect(error).toMatch(/Service bench-server: no address yet/);
    expect(error).toContain("check that MetalLB's controller runs");
  });

  it("says nothing and asks once for each kind when everything is ready", async () => {
    await lab.chart([data(), store(), server({ claim: "bench-data" }), entrance()]);
    await lab.run("up");
    const { changes } = await lab.run("up");

    expect(changes).toEqual([]);
    expect(lab.lines).toEqual([]);
    const lists = lab.requests.filter((request) => request.includes("/namespaces/"));
    expect([...lists].sort()).toEqual(
      [
        "GET /api/v1/namespaces/bench/persistentvolumeclaims",
        "GET /api/v1/namespaces/bench/services",
        "GET /apis/apps/v1/namespaces/bench/deployments",
        "GET /apis/apps/v1/namespaces/bench/statefulsets",
      ].sort(),
    );
    // Besides, the client library asks what the kinds of an API are called.
    const others = lab.requests.filter((request) => !lists.includes(request));
    expect([...new Set(others)].sort()).toEqual(["GET /api/v1", "GET /apis/apps/v1"]);
  });
});

async function limitPool(lab: Lab, addresses: readonly string[]): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(lab.rehearsal().cluster.kubeconfig);
  await config.makeApiClient(CustomObjectsApi).patchNamespacedCustomObject(
    {
      group: "metallb.io",
      version: "v1beta1",
      namespace: "metallb-system",
      plural: "ipaddresspools",
      name: "lab",
      body: { spec: { addresses } },
    },
    setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
  );
}
