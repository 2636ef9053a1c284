import { describe, expect, it } from "vitest";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import type { StageRow } from "../../components/readiness/stages.ts";
import { claimsOf, expectationsOf } from "../../components/readiness/expectation.ts";

const ROWS: readonly StageRow[] = [
  { stage: "databases", name: /^cvat-(postgresql|redis)/ },
  { stage: "server", name: /^cvat-backend-server$/ },
];
const object = (kind: string, name: string, spec: object = {}): RenderedObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name },
  spec,
});
const template = (name: string, storage: string) => ({
  metadata: { name },
  spec: { resources: { requests: { storage } } },
});

describe("what a rendered object lets us wait for", () => {
  it.each<[RenderedObject, string[]]>([
    [object("PersistentVolumeClaim", "data"), ["claims PersistentVolumeClaim/data"]],
    [object("Deployment", "cvat-backend-server"), ["server Deployment/cvat-backend-server"]],
    [object("Deployment", "cvat-backend-server2"), ["workers Deployment/cvat-backend-server2"]],
    [object("Job", "cvat-postgresql-init"), ["databases Job/cvat-postgresql-init"]],
    [
      object("StatefulSet", "cvat-redis", { replicas: 2, volumeClaimTemplates: [template("data", "8Gi")] }),
      [
        "claims PersistentVolumeClaim/data-cvat-redis-0",
        "claims PersistentVolumeClaim/data-cvat-redis-1",
        "databases StatefulSet/cvat-redis",
      ],
    ],
    [object("StatefulSet", "plain"), ["workers StatefulSet/plain"]],
    [object("Service", "web", { type: "LoadBalancer" }), ["addresses Service/web"]],
    [object("Service", "inner", { type: "ClusterIP" }), []],
    [object("Service", "inner"), []],
    [object("Ingress", "cvat"), ["addresses Ingress/cvat"]],
    [object("ConfigMap", "c"), []],
    [object("Secret", "s"), []],
  ])("$kind $metadata.name", (rendered, expected) => {
    const found = expectationsOf(rendered, ROWS).map(({ stage, kind, name }) => `${stage} ${kind}/${name}`);
    expect(found).toEqual(expected);
  });
});

it("a Service is waited for with the addresses it asks for", () => {
  const service = object("Service", "web", { type: "LoadBalancer" });
  service.metadata.annotations = { "metallb.io/loadBalancerIPs": "192.0.2.40" };
  expect(expectationsOf(service, ROWS)).toEqual([
    { kind: "Service", name: "web", stage: "addresses", addresses: ["192.0.2.40"] },
  ]);
});

it.each<[object, [string, string][]]>([
  [
    { volumeClaimTemplates: [template("data", "1Gi"), template("log", "2Gi")] },
    [
      ["data-db-0", "1Gi"],
      ["log-db-0", "2Gi"],
    ],
  ],
  [{ replicas: 0, volumeClaimTemplates: [template("data", "1Gi")] }, []],
  [{ replicas: 3 }, []],
])("the claims of a StatefulSet with %j", (spec, claims) => {
  expect(claimsOf(object("StatefulSet", "db", spec)).map(({ name, size }) => [name, size])).toEqual(claims);
});
