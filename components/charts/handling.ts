import type * as pulumi from "@pulumi/pulumi";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";

/** How the engine handles the objects of one kind, whatever chart they come from. Each row holds for all charts and has its reason. */
interface Handling {
  kinds: readonly string[];
  why: string;
  /** Resource options added to the object's own. */
  options?: pulumi.CustomResourceOptions;
  /** Annotations that steer the Kubernetes provider. */
  annotations?: Record<string, string>;
}

export const HANDLING: readonly Handling[] = [
  {
    kinds: ["PersistentVolumeClaim", "CustomResourceDefinition"],
    why: "Data outlives the program: a claim deleted takes its volume along, a definition deleted takes every Nuclio function along.",
    options: { retainOnDelete: true },
  },
  {
    kinds: ["StatefulSet"],
    why: "Claim templates cannot change: a label or a size that differs would replace the StatefulSet, and preview fails on it. (cvat-chart-2.64.md, 5)",
    options: { ignoreChanges: ["spec.volumeClaimTemplates"] },
  },
  {
    kinds: ["StatefulSet"],
    why: "An atomic list differs from the live one by API defaults, so a retained or half-created StatefulSet conflicts without force. (charts-on-the-engine.md, 0.C and 8.4)",
    annotations: { "pulumi.com/patchForce": "true" },
  },
  {
    kinds: ["DaemonSet", "Deployment", "Job", "StatefulSet"],
    why: "Deleted in the foreground and not waited for, one is still terminating when a replacement, or the up after a destroy, applies to it, and then vanishes. (cvat-chart-2.64.md, 0.B; pulumi-kubernetes: provider/pkg/metadata/overrides.go, allowsSkipAwaitWithDelete)",
    annotations: { "pulumi.com/deletionPropagationPolicy": "background" },
  },
];

/** Adds what {@link HANDLING} says to the object, in place, and gives the options to add. `undefined` where no row is about its kind. */
export function handle(object: RenderedObject): pulumi.CustomResourceOptions | undefined {
  const rows = HANDLING.filter((row) => row.kinds.includes(object.kind));
  if (rows.length === 0) return undefined;
  const annotations = Object.assign({}, ...rows.map((row) => row.annotations)) as Record<string, string>;
  if (Object.keys(annotations).length > 0) {
    object.metadata.annotations = { ...object.metadata.annotations, ...annotations };
  }
  return Object.assign({}, ...rows.map((row) => row.options)) as pulumi.CustomResourceOptions;
}
