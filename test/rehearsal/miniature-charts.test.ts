import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { streamProgress } from "../../automation/progress.ts";
import { copiesOf } from "../../automation/images/copies.ts";
import { labImages } from "../../automation/images/lab-images.ts";
import { miniatureChart } from "../../automation/rehearsal/miniatures.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { KUBERNETES } from "../../automation/tools/programs.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { planOf } from "../../components/lab/plan.ts";
import { inventoryDifferences, parseInventory } from "../fixtures/inventory/compare.ts";
import { inventoryOf, type Row } from "../fixtures/inventory/extract.ts";

const inventories = path.resolve(import.meta.dirname, "../fixtures/inventory");
const twoVersions = ["cvat 0.17.1", "cvat 2.64.0"];

let helm: string;
let folder: string;

beforeAll(async () => {
  const [tool] = await obtainTools(["helm"], { progress: streamProgress() });
  helm = tool?.path ?? "";
  folder = await mkdtemp(path.join(tmpdir(), "miniatures-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `helm template` writes for a miniature ("cvat 2.64.0"), with the inventory's values and then `set`. */
async function template(chart: string, set: Record<string, unknown> = {}, kube = "1.32.0"): Promise<string> {
  const [name = "", version = ""] = chart.split(" ");
  const { path: miniature } = await miniatureChart(name, version, folder);
  const values = ["--values", path.join(inventories, `${name}.values.yaml`)];
  const sets = Object.entries(set).flatMap(([key, value]) => ["--set-json", `${key}=${JSON.stringify(value)}`]);
  const command = ["template", name, miniature, "--namespace", name, "--kube-version", kube, ...values, ...sets];
  return (await execa(helm, command)).stdout;
}

async function rows(chart: string, set: Record<string, unknown> = {}): Promise<(name: string) => Row | undefined> {
  const inventory = inventoryOf(await template(chart, set));
  return (name) => inventory.find((row) => `${row.kind}/${row.name}` === name);
}

const known = ["cvat 0.15.0", "cvat 0.17.1", "cvat 2.64.0", "clearml 7.14.4", "clearml-agent 5.3.2", "nuclio 0.19.0"];

test.each(known)("%s has what the real chart has", async (chart) => {
  const expected = parseInventory(await readFile(path.join(inventories, `${chart.replace(" ", "-")}.jsonl`), "utf8"));
  expect(inventoryDifferences(expected, inventoryOf(await template(chart)))).toEqual([]);
});

test("an inventory that differs is told apart, every difference at once", async () => {
  const expected = parseInventory(await readFile(path.join(inventories, "nuclio-0.19.0.jsonl"), "utf8"));
  const changed = expected.slice(1).map((row) => (row.kind === "Service" ? { ...row, type: "NodePort" } : row));
  expect(inventoryDifferences(changed, inventoryOf(await template("nuclio 0.19.0")))).toEqual([
    'Service/nuclio-dashboard.type: "ClusterIP" instead of "NodePort"',
    "ServiceAccount/nuclio: is not in the inventory",
  ]);
});

describe("versions differ as the real charts do", () => {
  test("CVAT 2.49.0 is 0.17.1 with newer images", async () => {
    const [older, newer] = [await template("cvat 0.17.1"), await template("cvat 2.49.0")];
    expect(newer).toBe(older.replaceAll("v2.48.1", "v2.49.0"));
  });

  test("ClearML 7.14.7 takes Redis and MongoDB from bitnamilegacy", async () => {
    const [older, newer] = [await template("clearml 7.14.4"), await template("clearml 7.14.7")];
    const changed = older.replaceAll("docker.io/bitnami/", "docker.io/bitnamilegacy/").replaceAll("7.14.4", "7.14.7");
    expect(newer).toBe(changed);
  });

  test.each(["clearml 7.14.4", "clearml-agent 5.3.2"])("%s refuses Kubernetes 1.33", async (chart) => {
    await expect(template(chart, {}, "1.33.0")).rejects.toThrow("incompatible with Kubernetes v1.33.0");
  });

  test.each(["clearml 7.14.7", "clearml-agent 5.3.3"])("%s accepts the Kubernetes of a rehearsal", async (chart) => {
    await expect(template(chart, {}, KUBERNETES)).resolves.toContain("kind: Deployment");
  });

  test("Nuclio 0.20.1 has newer images and one more variable", async () => {
    const dashboard = (await rows("nuclio 0.20.1"))("Deployment/nuclio-dashboard");
    expect(JSON.stringify(dashboard)).toContain("dashboard:1.14.1-amd64");
    expect(JSON.stringify(dashboard)).toContain('NUCLIO_DASHBOARD_LOGS_SCREEN_ENABLED"]');
  });
});

describe("values are read where the real charts read them", () => {
  const claim = { size: "3Gi", storageClass: "fast" };
  const sizes: [string, Record<string, unknown>][] = [
    [
      "cvat 2.64.0",
      {
        "cvat.backend.defaultStorage": { size: "3Gi", storageClassName: "fast" },
        "cvat.kvrocks.defaultStorage": { size: "3Gi", storageClassName: "fast" },
        "postgresql.primary.persistence": claim,
        "redis.master.persistence": claim,
        "clickhouse.persistence": claim,
      },
    ],
    [
      "clearml 7.14.7",
      {
        "fileserver.storage.data": { size: "3Gi", class: "fast" },
        "mongodb.persistence": claim,
        "redis.master.persistence": claim,
        "elasticsearch.volumeClaimTemplate": { storageClassName: "fast", resources: { requests: { storage: "3Gi" } } },
      },
    ],
  ];

  test.each(sizes)("size and class of every claim of %s", async (chart, set) => {
    const inventory = inventoryOf(await template(chart, set));
    const claims = inventory.flatMap((row) => {
      if (row.kind === "PersistentVolumeClaim") return [{ size: row.size, class: row.storageClass }];
      return ((row.claims ?? []) as Record<string, unknown>[]).map((one) => ({ size: one.size, class: one.class }));
    });
    expect(claims).toEqual(Object.keys(set).map(() => ({ size: "3Gi", class: "fast" })));
  });

  test("CVAT with Secrets of one's own makes none but the one without a switch", async () => {
    const manifests = await template("cvat 2.64.0", {
      "postgresql.secret": { create: false, name: "own-postgres" },
      "postgresql.auth.existingSecret": "own-postgres",
      "redis.secret": { create: false, name: "own-redis" },
      "redis.auth.existingSecret": "own-redis",
      "cvat.kvrocks.secret": { create: false, name: "own-kvrocks" },
      "cvat.kvrocks.existingSecret": "own-kvrocks",
      "grafana.admin.existingSecret": "own-grafana",
      "nuclio.registry": { secretName: "own-registry", credentials: null },
    });
    const secrets = inventoryOf(manifests).filter((row) => row.kind === "Secret");
    expect(secrets.map((row) => row.name)).toEqual(["cvat-analytics-secret"]);
    for (const name of ["postgres", "redis", "kvrocks", "grafana", "registry"])
      expect(manifests).toContain(`own-${name}`);
    expect(manifests).not.toMatch(/name: cvat-(postgres|redis|kvrocks)-secret/);
  });

  test("the environment of every backend pod ends with what is added to all and to one", async () => {
    const variable = (name: string): object[] => [{ name, value: "1" }];
    const find = await rows("cvat 0.17.1", {
      "cvat.backend.additionalEnv": variable("FOR_ALL"),
      "cvat.backend.worker.export.additionalEnv": variable("FOR_ONE"),
    });
    const last = (name: string): unknown => {
      const [container] = find(name)?.containers as { env: string[] }[];
      return container?.env.slice(-2);
    };
    expect(last("Deployment/cvat-backend-worker-export")).toEqual(["FOR_ALL", "FOR_ONE"]);
    expect(last("Deployment/cvat-backend-server")).toEqual(["CVAT_NUCLIO_FUNCTION_NAMESPACE", "FOR_ALL"]);
    expect(last("Job/cvat-backend-initializer-r1")).toEqual(["CVAT_NUCLIO_FUNCTION_NAMESPACE", "FOR_ALL"]);
  });
});

describe("faults of the real charts", () => {
  test("ClearML's API server port follows the Service, not the container", async () => {
    const service = (await rows("clearml 7.14.7", { "apiserver.service.port": 1234 }))("Service/clearml-apiserver");
    expect(service?.ports).toEqual([{ port: 1234, targetPort: 1234 }]);
  });

  test.each([
    ["cvat 0.17.1", "kvroocks"],
    ["cvat 2.50.0", "kvrocks"],
  ])("the claim template of kvrocks in %s has the tier %s", async (chart, tier) => {
    expect(await template(chart)).toContain(`          app: cvat-app\n          tier: ${tier}\n      spec:`);
  });

  test("settings that only look like settings are ignored", async () => {
    const plain = await template("cvat 0.17.1");
    const set = { "cvat.backend.server.envs.CVAT_NUCLIO_PORT": "80", "cvat.backend.worker.annotation.envs.A": "b" };
    expect(await template("cvat 0.17.1", set)).toBe(plain);
  });

  test.each([
    ["cvat 0.17.1", false],
    ["cvat 2.64.0", true],
  ])("in %s, volumes of the server reach the workers' init container: %s", async (chart, reach) => {
    const set = {
      "cvat.backend.server.additionalVolumes": [{ name: "share", emptyDir: {} }],
      "cvat.backend.server.additionalVolumeMounts": [{ name: "share", mountPath: "/share" }],
    };
    const worker = (await rows(chart, set))("Deployment/cvat-backend-worker-export");
    expect(JSON.stringify(worker?.initContainers).includes("/share")).toBe(reach);
    expect(JSON.stringify(worker?.volumes)).not.toContain("share");
  });

  test("without the analytics folder both ConfigMaps are there and empty", async () => {
    const { path: miniature } = await miniatureChart("cvat", "2.64.0", path.join(folder, "flattened"));
    await rm(path.join(miniature, "analytics"), { recursive: true });
    const { stdout } = await execa(helm, ["template", "cvat", miniature, "--kube-version", KUBERNETES]);
    const empty = inventoryOf(stdout).filter((row) => row.kind === "ConfigMap" && (row.keys as string[]).length === 0);
    expect(empty.map((row) => row.name).sort()).toEqual(["cvat-grafana-dashboards", "cvat-vector-config"]);
  });

  test.each(twoVersions)("%s: only Grafana's password differs between renders, and not when given", async (chart) => {
    const random = { "grafana.adminPassword": "" };
    const one = (await template(chart, random)).split("\n");
    const other = (await template(chart, random)).split("\n");
    const changed = one.filter((line, index) => line !== other[index]).map((line) => line.trim().split(":")[0]);
    expect(changed.sort()).toEqual(["admin-password", "checksum/secret"]);
    expect(await template(chart)).toBe(await template(chart));
  });

  test("CVAT without ClickHouse does not render, unless that is switched off by having no shard", async () => {
    const off = { "analytics.enabled": false };
    await expect(template("cvat 2.64.0", { ...off, "clickhouse.enabled": false })).rejects.toThrow("nil pointer");
    const inventory = inventoryOf(await template("cvat 2.64.0", { ...off, "clickhouse.shards": 0 }));
    const sets = inventory.filter((row) => row.kind === "StatefulSet").map((row) => row.name);
    expect(sets.sort()).toEqual(["cvat-kvrocks", "cvat-postgresql", "cvat-redis-master"]);
  });

  test("Elasticsearch's test pod has two random names", async () => {
    const on = { "elasticsearch.tests.enabled": true };
    const renders = [await template("clearml 7.14.7", on), await template("clearml 7.14.7", on)];
    const pods = renders.flatMap((render) => inventoryOf(render).filter((row) => row.hook === "test"));
    const names = pods.flatMap((pod) => [pod.name, (pod.containers as { name: string }[])[0]?.name]);
    expect(new Set(names).size).toBe(4);
  });

  test.each([
    [false, []],
    [true, ["Middleware/stripprefix", "Middleware/forwardauth"]],
  ])("middlewares in front of Grafana with traefik.enabled=%s", async (enabled, expected) => {
    const manifests = await template("cvat 2.64.0", { "traefik.enabled": enabled });
    const middlewares = inventoryOf(manifests).filter((row) => row.kind === "Middleware");
    expect(middlewares.map((row) => `${row.kind}/${row.name}`)).toEqual(expected);
    expect(manifests.includes("router.middlewares: cvat-stripprefix@kubernetescrd")).toBe(enabled);
  });
});

test("every image that the lab's charts name has its place in a mirror, and no other is one there", async () => {
  const sections = {
    images: { registry: "registry.example/library" },
    clearml: { addresses: { api: "192.0.2.41" }, agent: { enabled: true } },
    traefik: { address: "192.0.2.20" },
  };
  const { lab: sound, problems } = parseLab(sections);
  if (sound === undefined) throw new Error(JSON.stringify(problems));
  const plan = planOf(sound, { labels: {} });
  const charts = await Promise.all(
    plan.charts.map(async ({ name, version }) => ({ ...(await miniatureChart(name, version, folder)), name })),
  );
  const images = await labImages(plan, { charts, helm, folder });
  const { copies, own, clashes } = copiesOf(images, plan.mirror ?? never());
  expect(own.map(({ image }) => image)).toEqual(["registry.internal/clearml-agent:2.0.7-2"]);
  expect(clashes).toEqual([]);
  expect(copies.map(({ target }) => target)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^registry\.example\/library\/cvat\/server:v/),
      expect.stringMatching(/\/nuclio\/dashboard:/),
      expect.stringMatching(/\/kaniko-project\/executor:/),
      expect.stringMatching(/\/nvidia\/cuda:/),
      expect.stringMatching(/\/bitnamilegacy\/mongodb:/),
    ]),
  );
});

function never(): never {
  throw new Error("the stack names a registry");
}
