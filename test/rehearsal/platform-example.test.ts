import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { streamProgress } from "../../automation/progress.ts";
import { miniatureChart } from "../../automation/rehearsal/miniatures.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { KUBERNETES } from "../../automation/tools/programs.ts";
import { containersOf, initContainersOf } from "../../components/charts/pods.ts";
import { cvatValues } from "../../components/cvat/values.ts";
import { CVAT_VERSIONS } from "../../components/cvat/versions.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { plannedCvat } from "../fixtures/inputs/planned.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../Pulumi.platform.yaml");

let helm: string;
let folder: string;
let example: Record<string, unknown>;

beforeAll(async () => {
  const [tool] = await obtainTools(["helm"], { progress: streamProgress() });
  helm = tool?.path ?? "";
  folder = await mkdtemp(path.join(tmpdir(), "platform-example-"));
  const { config } = parse(await readFile(EXAMPLE, "utf8")) as { config: Record<string, Record<string, unknown>> };
  example = config["vision-platform:cvat"] ?? {};
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** CVAT's own workloads as its chart renders them for a stack. */
async function workloads(config: Record<string, unknown>): Promise<Map<string, RenderedObject>> {
  const plan = plannedCvat(config);
  const { path: chart } = await miniatureChart("cvat", plan.versions.parts.chart, folder);
  const values = path.join(folder, "values.yaml");
  const made = cvatValues({ plan, clickhousePassword: "own", smokescreen: "" });
  await writeFile(values, stringify(JSON.parse(JSON.stringify(made))));
  const { stdout } = await execa(helm, [
    "template",
    "cvat",
    chart,
    "--namespace",
    "annotation",
    "--kube-version",
    KUBERNETES,
    "--values",
    values,
  ]);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as RenderedObject | null);
  const ours = objects.filter((one) => one?.metadata.labels?.["app"] === "cvat-app" && containersOf(one).length > 0);
  return new Map(ours.flatMap((one) => (one === null ? [] : [[one.metadata.name, one]])));
}

const DOCUMENT = {
  "cvat-backend-server": { requests: { cpu: "250m", memory: "512Mi" }, limits: { cpu: "1", memory: "2Gi" } },
  "cvat-frontend": { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "200m", memory: "512Mi" } },
  "cvat-opa": { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "200m", memory: "256Mi" } },
};

/** Queues that CVAT puts work into. (cvat/settings/base.py of 2.64.0, CVAT_QUEUES) */
const QUEUES = [
  ...["annotation", "chunks", "cleaning", "consensus", "export"],
  ...["import", "notifications", "quality_reports", "webhooks"],
];

describe("CVAT of Pulumi.platform.yaml", () => {
  it("has a worker for each queue, eight in all", async () => {
    const workers = [...(await workloads(example)).entries()].filter(([name]) => name.includes("-worker-"));
    expect(workers).toHaveLength(8);
    const queues = workers.flatMap(([, object]) => containersOf(object)[0]?.args?.slice(2) ?? []);
    expect(queues.sort()).toEqual(QUEUES);
  });

  it("gives server, web pages and policy agent what the document gives them, and nobody less than it needs to start", async () => {
    const all = await workloads(example);
    const resources = (name: string) => {
      const [container] = containersOf(all.get(name) ?? { apiVersion: "", kind: "", metadata: { name } });
      return (container as { resources?: { requests?: object; limits?: { memory?: string } } } | undefined)?.resources;
    };
    expect(Object.fromEntries(Object.keys(DOCUMENT).map((name) => [name, resources(name)]))).toEqual(DOCUMENT);
    const limits = Object.fromEntries([...all.keys()].map((name) => [name, resources(name)?.limits?.memory]));
    expect(Object.keys(limits).filter((name) => limits[name] === undefined)).toEqual([]);
    const large = ["annotation", "chunks", "export", "import"].map((name) => `cvat-backend-worker-${name}`);
    expect(Object.keys(limits).filter((name) => limits[name] === "4Gi")).toEqual(large);
    const before = [...all.values()].flatMap(initContainersOf) as { resources?: object }[];
    expect(before.filter((one) => one.resources === undefined)).toEqual([]);
  });
});

describe("OPA", () => {
  it.each(CVAT_VERSIONS.sets.filter(({ upstream }) => upstream !== false))(
    "of CVAT $version is the release that its rules are written for, asked whether it has taken them",
    async ({ version, parts }) => {
      const opa = (await workloads({ version })).get("cvat-opa");
      const [container] = opa ? containersOf(opa) : [];
      expect(container?.image).toBe(`openpolicyagent/opa:${parts.opa}`);
      const probe = { httpGet: { path: "/health?bundles", port: 8181 } };
      expect(container).toMatchObject({ readinessProbe: probe, livenessProbe: probe });
    },
  );
});
