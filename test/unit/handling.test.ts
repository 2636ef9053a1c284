import { expect, it } from "vitest";
import type { RenderedObject } from "../../components/kubernetes/rendered-object.ts";
import { handle } from "../../components/charts/handling.ts";

it.each<[string, object | undefined, Record<string, string> | undefined]>([
  ["PersistentVolumeClaim", { retainOnDelete: true }, undefined],
  ["CustomResourceDefinition", { retainOnDelete: true }, undefined],
  [
    "StatefulSet",
    { ignoreChanges: ["spec.volumeClaimTemplates"] },
    { "pulumi.com/patchForce": "true", "pulumi.com/deletionPropagationPolicy": "background" },
  ],
  ["Job", {}, { "pulumi.com/deletionPropagationPolicy": "background" }],
  ["Deployment", {}, { "pulumi.com/deletionPropagationPolicy": "background" }],
  ["DaemonSet", {}, { "pulumi.com/deletionPropagationPolicy": "background" }],
  ["Service", undefined, undefined],
  ["ConfigMap", undefined, undefined],
])("%s", (kind, options, annotations) => {
  const object: RenderedObject = { apiVersion: "v1", kind, metadata: { name: "x" } };
  expect(handle(object)).toEqual(options);
  expect(object.metadata.annotations).toEqual(annotations);
});

it("keeps the annotations that are there", () => {
  const object: RenderedObject = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "x", annotations: { a: "b" } },
  };
  handle(object);
  expect(object.metadata.annotations).toEqual({ a: "b", "pulumi.com/deletionPropagationPolicy": "background" });
});
