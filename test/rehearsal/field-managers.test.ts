import type { KubernetesObject, V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Change } from "../../automation/engine/changes.ts";
import { configuration, data, entrance, server, store } from "./bench.ts";
import { full } from "./full.ts";
import type { LiveClaim } from "../../components/preflight/facts.ts";
import { startSmallLab, type ChartObject, type SmallLab } from "./small-lab.ts";

const definition = (description: string): ChartObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "benches.nuclio.io" },
  spec: {
    group: "nuclio.io",
    scope: "Namespaced",
    names: { plural: "benches", singular: "bench", kind: "Bench", listKind: "BenchList" },
    versions: [
      { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", description } } },
    ],
  },
});

const objects = (size: string, image: string, description: string): ChartObject[] => [
  configuration("first"),
  data({ size }),
  store({ image: `registry.example/store:${image}` }),
  server({ claim: "bench-data", image: `registry.example/server:${image}` }),
  entrance(),
  definition(description),
];

const KINDS = [
  ["v1", "ConfigMap", "bench-configuration"],
  ["v1", "PersistentVolumeClaim", "bench-data"],
  ["apps/v1", "StatefulSet", "bench-store"],
  ["apps/v1", "Deployment", "bench-server"],
  ["v1", "Service", "bench-server"],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition", "benches.nuclio.io"],
] as const;

let lab: SmallLab;
beforeAll(async () => {
  lab = await startSmallLab();
});
afterAll(() => lab.end());

describe("a stack of an older version", () => {
  it("is taken over in place: nothing is replaced, no pod restarts, and the preview tells the same", async () => {
    await lab.chart(objects("1Gi", "1", "first"));
    await lab.run("up", { old: true });
    expect((await managers()).every((names) => names.some(isMadeUp))).toBe(true);
    const before = await pods();
    const planned = await lab.run("preview");
    const done = await lab.run("up");
    expect(byUrn(planned.changes)).toEqual(byUrn(done.changes));
    expect(done.counts).toEqual({ update: 8, same: done.counts["same"] });
    expect(await pods()).toEqual(before);
    expect((await managers()).flat().filter(isMadeUp)).toEqual([]);
  });

  it("may change in the very up that takes it over", async () => {
    await lab.run("destroy");
    await lab.run("up", { old: true });
    await lab.chart(objects("2Gi", "2", "second"));
    const planned = await lab.run("preview");
    const done = await lab.run("up");
    expect(planned.counts).toEqual(done.counts);
    expect(await size()).toBe("2Gi");
    expect((await managers()).flat().filter(isMadeUp)).toEqual([]);
  });

  full("that was destroyed comes back under one name, and what stayed may change at once", async () => {
    await lab.run("destroy");
    await lab.run("up", { old: true });
    await lab.run("destroy");
    await lab.chart(objects("3Gi", "2", "third"));
    await lab.run("up");
    expect(await size()).toBe("3Gi");
    expect((await managers()).flat().filter(isMadeUp)).toEqual([]);
  });
});

describe("a stack of this version", () => {
  it("that was destroyed and is up again may change what stayed", async () => {
    await lab.run("destroy");
    await lab.run("up");
    await lab.chart(objects("4Gi", "3", "fourth"));
    await lab.run("up");
    expect(await size()).toBe("4Gi");
  });
});

describe("claims of a StorageClass that does not exist", () => {
  // Names of CVAT's, which the program knows.
  const CLAIM = "cvat-kvrocks-data";
  const claims = (storageClassName: string) => {
    const spec = store()["spec"] as { template: object; volumeClaimTemplates: { spec: object }[] };
    const [template] = spec.volumeClaimTemplates;
    return [
      { ...data({ storageClass: storageClassName }), metadata: { name: "cvat-backend-data" } },
      {
        ...store(),
        metadata: { name: "cvat-kvrocks" },
        spec: {
          ...spec,
          template: {
            ...spec.template,
            spec: { containers: [{ name: "store", image: "x", volumeMounts: [{ name: CLAIM, mountPath: "/data" }] }] },
          },
          volumeClaimTemplates: [{ metadata: { name: CLAIM }, spec: { ...template?.spec, storageClassName } }],
        },
      },
      server({ claim: "cvat-backend-data" }),
    ];
  };
  const classes = async () => {
    const found: LiveClaim[] = await lab.list("v1", "PersistentVolumeClaim");
    const ours = found.filter(({ metadata }) => metadata?.name?.startsWith("cvat-"));
    return ours.map(({ metadata, spec, status }) => [metadata?.name, spec?.storageClassName, status?.phase]).sort();
  };

  it("are made again when it is corrected, with the StatefulSet that named it, and the preview says so", async () => {
    await lab.chart(claims("longhron"));
    await expect(lab.run("up", { readyTimeoutMs: 2000 })).rejects.toThrow(/longhron/);
    expect((await classes()).map(([, name]) => name)).toEqual(["longhron", "longhron"]);

    await lab.chart(claims("longhorn"));
    const planned = await lab.run("preview");
    const made = ["create bench-cvat-kvrocks-data-cvat-kvrocks-0", "replace cvat-backend-data", "replace cvat-kvrocks"];
    // A run that fails removes nothing: what the chart of before had is removed now.
    const told = (changes: readonly Change[]) =>
      changes
        .filter(({ operation, name }) => !["delete", "keep"].includes(operation) || name.includes("cvat-"))
        .map(({ operation, short }) => `${operation} ${short}`)
        .sort();
    expect(told(planned.changes)).toEqual(made);
    expect(told((await lab.run("up")).changes)).toEqual(made);
    expect(await classes()).toEqual([
      ["cvat-backend-data", "longhorn", "Bound"],
      ["cvat-kvrocks-data-cvat-kvrocks-0", "longhorn", "Bound"],
    ]);
    expect((await lab.run("up")).changes).toEqual([]);
  });
});

const isMadeUp = (name: string) => name.startsWith("pulumi-kubernetes-");

const byUrn = (changes: readonly Change[]) => [...changes].sort((a, b) => a.urn.localeCompare(b.urn));

async function managers(): Promise<string[][]> {
  return Promise.all(
    KINDS.map(async ([apiVersion, kind, name]) => {
      const { metadata } = await lab.get<KubernetesObject>(apiVersion, kind, name);
      return (metadata?.managedFields ?? []).map(({ manager }) => manager ?? "");
    }),
  );
}

async function size(): Promise<string | undefined> {
  const claim = await lab.get<V1PersistentVolumeClaim>("v1", "PersistentVolumeClaim", "bench-data");
  return claim.spec?.resources?.requests?.["storage"];
}

async function pods(): Promise<(string | undefined)[]> {
  const found = await lab.list("v1", "Pod");
  return found.map(({ metadata }) => metadata?.uid).sort();
}
