import { writeFile } from "node:fs/promises";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import type { BareObject } from "../charts/render.ts";

/** Rendered objects as they stand in one namespace beside the lab, where nobody else changes them. */
export function inNamespace(objects: readonly BareObject[], namespace: string): BareObject[] {
  return objects.map(withoutClusterScope).map((object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      namespace,
      annotations: { ...object.metadata.annotations, "pulumi.com/skipAwait": "true" },
    },
  }));
}

export interface KubectlDiff {
  /** Path of kubectl. */
  kubectl: string;
  kubeconfig: string;
  objects: readonly BareObject[];
  /** Where the objects are written for it. */
  folder: string;
  flags: readonly string[];
}

/** `kubectl diff` of objects. Exit code 1 says that something differs, which is a good answer. */
export async function kubectlDiff({ kubectl, kubeconfig, objects, folder, flags }: KubectlDiff): Promise<void> {
  const file = path.join(folder, "rendered.yaml");
  await writeFile(file, objects.map((object) => JSON.stringify(object)).join("\n---\n"));
  const { exitCode, stderr } = await execa(kubectl, ["diff", ...flags, "-f", file], {
    env: { KUBECONFIG: kubeconfig },
    reject: false,
  });
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`kubectl diff failed: ${stderr}`);
}

/** A Pulumi program of the objects and nothing else, in a namespace of its own. */
export function bareProgram(kubeconfig: string, objects: readonly BareObject[], namespace: string): auto.PulumiFn {
  return () => {
    const provider = new k8s.Provider("bare", { kubeconfig });
    const home = new k8s.core.v1.Namespace(namespace, { metadata: { name: namespace } }, { provider });
    for (const object of objects) {
      new BareResource(`${object.kind}/${object.metadata.name}`, object, { provider, dependsOn: home });
    }
    return Promise.resolve({});
  };
}

/** An object of any kind, registered under its own type without the SDK's class for it. */
class BareResource extends pulumi.CustomResource {
  constructor(name: string, object: BareObject, opts: pulumi.CustomResourceOptions) {
    const group = object.apiVersion === "v1" ? "core/v1" : object.apiVersion;
    super(`kubernetes:${group}:${object.kind}`, name, object, opts);
  }
}

/** Objects of charts with ConfigMaps beside them, until there are `count`: the lab has records and generated secrets where these stand. */
export function filledUp(objects: readonly BareObject[], count: number, namespace: string): BareObject[] {
  const missing = Math.max(0, count - objects.length);
  const fillers = Array.from({ length: missing }, (_, index): BareObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `filler-${index}`, namespace },
    data: { number: String(index) },
  }));
  return [...objects, ...fillers];
}

/** What has no namespace would be the same object as the lab's own, so a ConfigMap stands for it: the count stays. */
function withoutClusterScope(object: BareObject): BareObject {
  if (!/^(ClusterRole|ClusterRoleBinding|CustomResourceDefinition)$/.test(object.kind)) return object;
  const name = `${object.kind}-${object.metadata.name}`.toLowerCase().replaceAll(":", "-");
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data: { instead: "of an object without a namespace" },
  };
}
