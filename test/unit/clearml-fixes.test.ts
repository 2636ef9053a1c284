import { expect, test } from "vitest";
import { replacementOf, withdrawnImages } from "../../components/charts/images.ts";
import type { RenderedObject } from "../../components/charts/fixes.ts";
import { Ledger } from "../../components/charts/ledger.ts";
import { CLEARML_FIXES } from "../../components/clearml/fixes.ts";

const service = (name: string, targetPort: number | string | undefined): RenderedObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { type: "LoadBalancer", ports: [{ port: 80, targetPort, protocol: "TCP" }] },
});

const workload = (kind: string, name: string, image: string, volumes: object[] = []): RenderedObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name },
  spec: { template: { spec: { containers: [{ name: "main", image }], volumes } } },
});

const claim = [{ name: "fileserver-data", persistentVolumeClaim: { claimName: "clearml-fileserver-data" } }];
const SERVER = "docker.io/allegroai/clearml:2.0.0-613";

/** Fixes an object twice and says what became of each row in the first and in the second pass. */
function fixed(object: RenderedObject) {
  const [first, second] = [new Ledger("clearml", CLEARML_FIXES), new Ledger("clearml", CLEARML_FIXES)];
  first.fix(object);
  const after = structuredClone(object);
  second.fix(object);
  expect(object).toEqual(after);
  const outcomes = (ledger: Ledger) =>
    Object.fromEntries(
      ledger
        .rows()
        .filter(({ outcome }) => outcome !== "not matched")
        .map(({ id, outcome }) => [id, outcome]),
    );
  return { object, first: outcomes(first), second: outcomes(second) };
}

test.each([
  ["clearml-apiserver", 80, 8008, "applied"],
  ["clearml-apiserver", 8008, 8008, "already right"],
  ["clearml-apiserver", undefined, 8008, "applied"],
  ["clearml-fileserver", 80, 8081, "applied"],
  ["clearml-fileserver", 8081, 8081, "already right"],
  ["clearml-webserver", 8080, 80, "applied"],
  ["clearml-webserver", 80, 80, "already right"],
])("%s with target port %s gets %d: %s", (name, targetPort, expected, outcome) => {
  const { object, first, second } = fixed(service(name, targetPort));
  expect(object.spec).toEqual({ type: "LoadBalancer", ports: [{ port: 80, targetPort: expected, protocol: "TCP" }] });
  expect(first).toEqual({ "clearml-target-port": outcome });
  expect(second).toEqual({ "clearml-target-port": "already right" });
});

test("databases' Services are left alone", () => {
  const { object, first } = fixed(service("clearml-redis-master", "redis"));
  expect(object).toEqual(service("clearml-redis-master", "redis"));
  expect(first).toEqual({});
});

test("the file server with a claim is stopped before its successor starts", () => {
  const { object, first, second } = fixed(workload("Deployment", "clearml-fileserver", SERVER, claim));
  expect(object.spec).toMatchObject({ strategy: { type: "Recreate" } });
  expect(first).toEqual({ "clearml-fileserver-recreate": "applied" });
  expect(second).toEqual({ "clearml-fileserver-recreate": "already right" });
});

test.each([
  [
    "the file server without a claim",
    workload("Deployment", "clearml-fileserver", SERVER, [{ name: "d", emptyDir: {} }]),
  ],
  ["the web server", workload("Deployment", "clearml-webserver", SERVER)],
])("%s may overlap its successor", (_title, object) => {
  expect(fixed(structuredClone(object))).toEqual({ object, first: {}, second: {} });
});

test.each([
  ["docker.io/bitnami/redis:7.0.9-debian-11-r1", "docker.io/bitnamilegacy/redis:7.0.9-debian-11-r1"],
  ["bitnami/mongodb:6.0.10-debian-11-r8", "docker.io/bitnamilegacy/mongodb:6.0.10-debian-11-r8"],
  ["index.docker.io/bitnami/redis:7", "docker.io/bitnamilegacy/redis:7"],
  ["registry-1.docker.io/bitnami/redis@sha256:00", "docker.io/bitnamilegacy/redis@sha256:00"],
  ["docker.io/bitnamilegacy/redis:7", undefined],
  ["registry.example/bitnami/redis:7", undefined],
  ["docker.io/other/bitnami/redis:7", undefined],
  ["docker.elastic.co/elasticsearch/elasticsearch:7.17.3", undefined],
])("the withdrawn image %s is now %s", (image, replacement) => {
  expect(replacementOf(image)).toBe(replacement);
});

test.each(["Deployment", "StatefulSet", "DaemonSet", "Job"])(
  "a %s takes a withdrawn image from where it is now",
  (kind) => {
    const { object, first, second } = fixed(workload(kind, "clearml-mongodb", "docker.io/bitnami/mongodb:6"));
    expect(object.spec).toMatchObject({
      template: { spec: { containers: [{ image: "docker.io/bitnamilegacy/mongodb:6" }] } },
    });
    expect(first).toEqual({ "withdrawn-images": "applied" });
    expect(second).toEqual({ "withdrawn-images": "already right" });
  },
);

test("init containers and the pods of CronJobs count", () => {
  const pod = {
    initContainers: [{ name: "init", image: "bitnami/os-shell:11" }],
    containers: [{ name: "main", image: SERVER }],
  };
  const cron: RenderedObject = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "c" },
    spec: { jobTemplate: { spec: { template: { spec: pod } } } },
  };
  expect(withdrawnImages.stillNeeded(cron)).toBe(true);
  withdrawnImages.apply(cron);
  expect(withdrawnImages.stillNeeded(cron)).toBe(false);
  expect(pod.initContainers[0]?.image).toBe("docker.io/bitnamilegacy/os-shell:11");
  expect(pod.containers[0]?.image).toBe(SERVER);
});

test("rows say why and from where", () => {
  for (const { id, why, source } of CLEARML_FIXES) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(why).toMatch(/^[A-Z].*\.$/);
    expect(source).not.toBe("");
  }
  expect(new Set(CLEARML_FIXES.map(({ id }) => id)).size).toBe(CLEARML_FIXES.length);
});
