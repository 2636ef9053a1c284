import { expect, test } from "vitest";
import { COMMON_FIXES } from "../../components/charts/common-fixes.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { replacementOf } from "../../components/charts/images.ts";
import { Ledger } from "../../components/charts/ledger.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

interface Images {
  image: string;
  initImage?: string;
}

const pod = ({ image, initImage = "busybox:1.36.1" }: Images) => ({
  containers: [{ name: "main", image }],
  initContainers: [{ name: "init", image: initImage }],
});

const workload = (kind: string, images: Images): RenderedObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name: "database" },
  spec: { template: { spec: pod(images) } },
});

const cronJob = (images: Images): RenderedObject => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "database" },
  spec: { jobTemplate: { spec: { template: { spec: pod(images) } } } },
});

const ofItsOwn = (images: Images): RenderedObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "database" },
  spec: pod(images),
});

/** Fixes an object and says what the ledger has of its images. */
function fixed(object: RenderedObject): string | undefined {
  const ledger = new Ledger("any", COMMON_FIXES);
  ledger.fix(object);
  return ledger.rows().find(({ id }) => id === "withdrawn-images")?.outcome;
}

const LEGACY = "docker.io/bitnamilegacy";
const COPIES = "public.ecr.aws/b8u7h5e8";

test.each([
  ["docker.io/bitnami/redis:7.0.9-debian-11-r1", `${LEGACY}/redis:7.0.9-debian-11-r1`],
  ["bitnami/mongodb:6.0.10-debian-11-r8", `${LEGACY}/mongodb:6.0.10-debian-11-r8`],
  ["index.docker.io/bitnami/redis:7", `${LEGACY}/redis:7`],
  [`registry-1.docker.io/bitnami/redis@${DIGEST}`, `${LEGACY}/redis@${DIGEST}`],
  ["docker.io/bitnami/postgresql:15.2.0-debian-11-r0", `${COPIES}/postgresql:15.2.0-debian-11-r0`],
  ["docker.io/bitnami/clickhouse:23.12.2-debian-11-r0", `${COPIES}/clickhouse:23.12.2-debian-11-r0`],
  ["bitnami/postgresql:15.2.0-debian-11-r0", `${COPIES}/postgresql:15.2.0-debian-11-r0`],
  ["docker.io/bitnami/postgresql:15.3.0", `${LEGACY}/postgresql:15.3.0`],
  ["docker.io/bitnamilegacy/redis:7", undefined],
  [`${COPIES}/postgresql:15.2.0-debian-11-r0`, undefined],
  ["registry.example/bitnami/redis:7", undefined],
  ["docker.io/other/bitnami/redis:7", undefined],
  ["docker.elastic.co/elasticsearch/elasticsearch:7.17.3", undefined],
])("the withdrawn image %s is now %s", (image, replacement) => {
  expect(replacementOf(image)).toBe(replacement);
});

const REDIS = {
  image: "docker.io/bitnami/redis:7.2.3-debian-11-r1",
  initImage: "docker.io/bitnami/os-shell:11-debian-11-r90",
};
const MENDED = { image: `${LEGACY}/redis:7.2.3-debian-11-r1`, initImage: `${LEGACY}/os-shell:11-debian-11-r90` };

test.each<[string, RenderedObject, RenderedObject]>([
  ...["Deployment", "StatefulSet", "DaemonSet", "Job"].map((kind): [string, RenderedObject, RenderedObject] => [
    kind,
    workload(kind, REDIS),
    workload(kind, MENDED),
  ]),
  ["CronJob", cronJob(REDIS), cronJob(MENDED)],
  ["Pod", ofItsOwn(REDIS), ofItsOwn(MENDED)],
])("a %s takes its images from where they are now, those of init containers too", (_, object, expected) => {
  expect(fixed(object)).toBe("applied");
  expect(object).toEqual(expected);
  expect(fixed(object)).toBe("already right");
  expect(object).toEqual(expected);
});

test("an init container alone counts, and the others stay as they are", () => {
  const object = workload("Job", { image: "docker.io/allegroai/clearml:2.0.0-613", initImage: "bitnami/os-shell:11" });
  expect(fixed(object)).toBe("applied");
  expect(object).toEqual(
    workload("Job", { image: "docker.io/allegroai/clearml:2.0.0-613", initImage: `${LEGACY}/os-shell:11` }),
  );
});

test("CVAT's own copies are right already", () => {
  expect(fixed(workload("StatefulSet", { image: `${COPIES}/postgresql:15.2.0-debian-11-r0` }))).toBe("already right");
});

test.each<[string, RenderedObject]>([
  ["a workload with other images", workload("Deployment", { image: "cvat/server:v2.39.0" })],
  ["an object that makes no pods", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: {} }],
])("the fix is not about %s", (_, object) => {
  const before = structuredClone(object);
  expect(fixed(object)).toBe("not matched");
  expect(object).toEqual(before);
});

test("common rows say why and from where", () => {
  for (const { id, why, source } of COMMON_FIXES) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(why).toMatch(/^[A-Z].*\.$/);
    expect(source.length).toBeGreaterThan(15);
  }
  expect(new Set(COMMON_FIXES.map(({ id }) => id)).size).toBe(COMMON_FIXES.length);
});
