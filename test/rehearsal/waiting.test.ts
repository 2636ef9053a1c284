import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { setHeaderOptions, KubeConfig, CustomObjectsApi, PatchStrategy, type V1Service } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { data, entrance, server, store } from "./bench.ts";
import { problemsOf } from "./failure.ts";
import { startLab, type Lab } from "./harness.ts";
import { startSmallLab, type ChartObject, type SmallLab } from "./small-lab.ts";

const KEY = "vision-platform:cluster.readyTimeout";

describe("an address that MetalLB does not give", () => {
  const TRAEFIK = "vision-platform:traefik.address";
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab({ cluster: { readyTimeout: "60s" }, cvat: { enabled: false } });
    await lab.prepare();
    // A pool that lacks one of the addresses the stack asks for.
    await changePool(lab, { addresses: ["192.0.2.20/32", "192.0.2.41/32", "192.0.2.42/32"] });
  });
  afterAll(() => lab.end());

  it("is refused by preview and up with key and ranges, before anything is there", async () => {
    for (const verb of ["preview", "up"] as const) {
      const [text = "", ...more] = await problemsOf(lab.run(verb));
      expect(more).toEqual([]);
      expect(text).toMatch(
        /vision-platform:clearml\.addresses\.web: 192\.0\.2\.40 is in no pool of MetalLB: lab has 192\.0\.2\.20\/32, 192\.0\.2\.41\/32/,
      );
      expect(text).not.toContain(TRAEFIK);
    }
    const namespaces = await lab.list("v1", "Namespace");
    expect(namespaces.map(({ metadata }) => metadata?.name)).not.toContain("clearml");
  });

  it("goes up once the pool has it, and Traefik's Service has exactly the address asked for", async () => {
    await changePool(lab, { addresses: ["192.0.2.0/24"] });
    await lab.run("up");
    expect(await addressesOf(lab, "kube-system", "traefik")).toEqual(["192.0.2.20"]);
    expect(await addressesOf(lab, "clearml", "clearml-webserver")).toEqual(["192.0.2.40"]);
    const { changes } = await lab.run("up");
    expect(changes).toEqual([]);
    expect(lab.lines).toEqual([]);
  });

  it("is refused for Traefik when another Service has it, and Traefik keeps its own", async () => {
    await lab.configure({ traefik: { address: "192.0.2.50" } });
    await lab.prepare();
    await lab.client().create(foreign("192.0.2.50"));
    await vi.waitUntil(async () => (await addressesOf(lab, "default", "foreign")).length > 0, { timeout: 30_000 });
    const [text = ""] = await problemsOf(lab.run("up"));
    expect(text).toContain(`${TRAEFIK}: 192.0.2.50 is the address of Service default/foreign`);
    expect(await addressesOf(lab, "kube-system", "traefik")).toEqual(["192.0.2.20"]);
  });
});

describe("a lab that cannot become ready", () => {
  let lab: Lab;

  beforeAll(async () => {
    // With functions, which wait for CVAT, and less time than anything takes.
    lab = await startLab({ cluster: { readyTimeout: "1s" } }, { whole: true });
    await lab.prepare();
  });
  afterAll(() => lab.end());

  it("ends with what is missing, functions or none, and leaves no lock", { timeout: 180_000 }, async () => {
    const problems = (await problemsOf(lab.run("up"))).join("\n");
    // Which wait is the first to fail depends on the machine; the Job of CVAT's users has a second too.
    expect(problems).toMatch(/^((CVAT|ClearML).* was not ready within 1 s\.|CVAT's users were not made)/m);
    expect(await locksOf(lab)).toEqual([]);
  });

  it("waits again once it is cured, and goes up", async () => {
    await lab.configure({ cluster: { readyTimeout: "5m" } });
    const { outcome } = await lab.up();
    expect(outcome.changes.length).toBeGreaterThan(0);
    expect((await lab.run("up")).changes).toEqual([]);
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

  it("does not wait on for an address that is refused for good", async () => {
    await lab.chart([server(), entrance({ "metallb.io/loadBalancerIPs": "10.9.9.9" })]);
    const start = Date.now();
    const [error = ""] = await problemsOf(lab.run("up", { readyTimeoutMs: 600_000 }));
    expect(Date.now() - start).toBeLessThan(120_000);
    expect(error).toMatch(
      /Bench cannot become ready, .*\n {2}Service bench-server: (no address yet|has .*, asked for 10\.9\.9\.9): AllocationFailed: .*\["10\.9\.9\.9"\] is not allowed in config/,
    );
  });

  it("says nothing and asks once for each kind when everything is ready", async () => {
    await lab.chart([data(), store(), server({ claim: "bench-data" }), entrance()]);
    await lab.run("up");
    const { changes } = await lab.run("up");

    expect(changes).toEqual([]);
    expect(lab.lines).toEqual([]);
    expect([...lab.requests].sort()).toEqual(
      [
        "GET /api/v1/namespaces/bench/persistentvolumeclaims",
        "GET /api/v1/namespaces/bench/services",
        "GET /apis/apps/v1/namespaces/bench/deployments",
        "GET /apis/apps/v1/namespaces/bench/statefulsets",
      ].sort(),
    );
  });
});

async function changePool(lab: Lab, spec: object): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(lab.rehearsal().cluster.kubeconfig);
  await config.makeApiClient(CustomObjectsApi).patchNamespacedCustomObject(
    {
      group: "metallb.io",
      version: "v1beta1",
      namespace: "metallb-system",
      plural: "ipaddresspools",
      name: "lab",
      body: { spec },
    },
    setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
  );
}

async function addressesOf(lab: Lab, namespace: string, name: string): Promise<(string | undefined)[]> {
  const { status } = await lab.get<V1Service>("v1", "Service", name, namespace);
  return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
}

/** Locks of the rehearsal's own backend, which is a folder. */
async function locksOf(lab: Lab): Promise<string[]> {
  const backend = fileURLToPath(lab.rehearsal().env["PULUMI_BACKEND_URL"] ?? "");
  const files = await readdir(path.join(backend, ".pulumi", "locks"), { recursive: true }).catch(() => []);
  return files.filter((file) => file.endsWith(".json"));
}

/** Somebody else's Service. */
function foreign(address: string) {
  const metadata = {
    name: "foreign",
    namespace: "default",
    annotations: { "metallb.io/loadBalancerIPs": address },
  };
  return { apiVersion: "v1", kind: "Service", metadata, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } };
}
