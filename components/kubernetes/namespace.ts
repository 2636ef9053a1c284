import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * A Namespace that stays when the program's objects go: deleted, it would take the retained claims along.
 * @param labels Default: none
 */
export function keptNamespace(
  name: string,
  namespace: string,
  opts: pulumi.CustomResourceOptions,
  labels: Readonly<Record<string, string>> = {},
): pulumi.Output<string> {
  const metadata = { name: namespace, ...(Object.keys(labels).length > 0 && { labels }) };
  const made = new k8s.core.v1.Namespace(name, { metadata }, { ...opts, retainOnDelete: true });
  return made.metadata.name;
}
