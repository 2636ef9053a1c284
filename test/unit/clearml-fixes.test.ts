import { expect, test } from "vitest";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
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

test("rows say why and from where", () => {
  for (const { id, why, source } of CLEARML_FIXES) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(why).toMatch(/^[A-Z].*\.$/);
    expect(source).not.toBe("");
  }
  expect(new Set(CLEARML_FIXES.map(({ id }) => id)).size).toBe(CLEARML_FIXES.length);
});
