import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A Namespace that stays when the program's objects go: deleted, it would take the retained claims along. */
export function keptNamespace(
  name: string,
  namespace: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const made = new k8s.core.v1.Namespace(name, { metadata: { name: namespace } }, { ...opts, retainOnDelete: true });
  return made.metadata.name;
}
