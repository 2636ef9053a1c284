import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { Fix } from "../../components/charts/fixes.ts";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { Ledger } from "../../components/charts/ledger.ts";
import { seal } from "../../components/charts/seal.ts";
import type { PreparedCluster } from "../../components/kubernetes/cluster.ts";
import { renderTransform } from "../../components/charts/transform.ts";

const FIX: Fix = {
  id: "port",
  why: "It listens elsewhere.",
  source: "somewhere",
  matches: ({ kind }) => kind === "Service",
  stillNeeded: (object) => object["port"] === 80,
  apply: (object) => (object["port"] = 8000),
};
const TYPES: Record<string, string> = {
  Job: "batch/v1",
  StatefulSet: "apps/v1",
  CustomResourceDefinition: "apiextensions.k8s.io/v1",
};

async function render(
  kind: string,
  extra: object = {},
  opts: pulumi.CustomResourceOptions = { deleteBeforeReplace: false },
  prepared?: PreparedCluster,
) {
  const seen: RenderedObject[] = [];
  const sealed = seal({ password: pulumi.secret("s3cret-canary") });
  const transform = renderTransform(new Ledger("cvat", [FIX]), sealed, (object) => seen.push(object), { prepared });
  const props = { apiVersion: "v1", kind, metadata: { name: "x" }, ...extra };
  const args = { custom: true, type: `kubernetes:${TYPES[kind] ?? "core/v1"}:${kind}`, name: "x", props, opts };
  const result = await transform(args);
  return { result, seen, token: ((await sealed).values as { password: string }).password };
}

describe("objects of a chart", () => {
  it.each<[string, object]>([
    ["Secret", {}],
    ["Service", { port: 8000 }],
    ["ConfigMap", { data: { a: "b" } }],
  ])("a %s that needs nothing else is applied under our name, and as it is", async (kind, extra) => {
    const { result, seen } = await render(kind, extra);
    const annotations = { "pulumi.com/patchFieldManager": "vision-platform" };
    expect(result?.props).toEqual({ apiVersion: "v1", kind, metadata: { name: "x", annotations }, ...extra });
    expect(result?.opts).toStrictEqual({ deleteBeforeReplace: undefined });
    expect(seen.map((object) => object.kind)).toEqual([kind]);
  });

  it.each<[string, object, object, object]>([
    ["Service", { port: 80 }, { port: 8000 }, {}],
    ["PersistentVolumeClaim", {}, {}, { retainOnDelete: true }],
    ["CustomResourceDefinition", {}, {}, { retainOnDelete: true }],
    [
      "StatefulSet",
      {},
      { metadata: { name: "x", annotations: { "pulumi.com/patchForce": "true" } } },
      { ignoreChanges: ["spec.volumeClaimTemplates"] },
    ],
    ["Job", {}, { metadata: { name: "x", annotations: { "pulumi.com/deletionPropagationPolicy": "background" } } }, {}],
  ])("a %s with %j", async (kind, extra, props, opts) => {
    const { result } = await render(kind, extra, { deleteBeforeReplace: false, protect: true });
    expect(result?.props).toMatchObject(props);
    // `false` would turn delete-before-replace off, and replaced Jobs and ConfigMaps would be lost.
    expect(result?.opts).toStrictEqual({ protect: true, ...opts, deleteBeforeReplace: undefined });
  });

  it("that an older version applied under another name are taken over in thought by a preview, they alone", async () => {
    const prepared = { inPlaceOfOld: new Set(["kubernetes:core/v1:Service::x"]), madeAgain: new Set<string>() };
    const annotations = async (kind: string) => {
      const { result } = await render(kind, {}, {}, prepared);
      return (result?.props as RenderedObject).metadata.annotations;
    };
    expect(await annotations("Service")).toHaveProperty(["pulumi.com/patchForce"], "true");
    expect(await annotations("Job")).not.toHaveProperty(["pulumi.com/patchForce"]);
  });

  it("secrets come back as secret Outputs of their field alone", async () => {
    const { token } = await render("ConfigMap");
    const { result } = await render("ConfigMap", { data: { open: "x", file: `pw=${token}` } });
    const { data } = result?.props as { data: { open: string; file: pulumi.Output<string> } };
    expect(data.open).toBe("x");
    expect(await pulumi.isSecret(data.file)).toBe(true);
    expect(await new Promise((resolve) => data.file.apply(resolve))).toBe("pw=s3cret-canary");
    expect(result?.opts).toStrictEqual({ deleteBeforeReplace: undefined });
  });

  it("what is waited for is seen with the fixes in it", async () => {
    const { seen } = await render("Service", { port: 80 });
    expect(seen[0]?.["port"]).toBe(8000);
  });
});

it.each<[string, string, unknown]>([
  ["a component", "kubernetes:helm.sh/v4:Chart", { chart: "x" }],
  [
    "what is no object of Kubernetes",
    "pulumi-nodejs:dynamic:Resource",
    { kind: "Service", metadata: { name: "x" }, port: 80 },
  ],
])("%s is no object of the chart", async (_, type, props) => {
  const seen: RenderedObject[] = [];
  const transform = renderTransform(new Ledger("cvat", [FIX]), seal({}), (object) => seen.push(object));
  const args = { custom: true, type, name: "x", props, opts: {} } as unknown as pulumi.ResourceTransformArgs;
  expect(await transform(args)).toBeUndefined();
  expect(seen).toEqual([]);
});
