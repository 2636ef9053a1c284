import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { EdgeObject, Stages } from "./route.ts";

/**
 * Registers the objects of an edge, each stage when the one before is there, so that a route is never there without what it asks for. They
 * are taken away backwards.
 * @param name of the parent, from which the names derive
 */
export function registerEdge(
  name: string,
  stages: Stages,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const registered: pulumi.Resource[] = [];
  for (const stage of stages) {
    const after = pulumi.mergeOptions(opts, { dependsOn: [...registered] });
    registered.push(...stage.map((object) => register(name, object, namespace, after)));
  }
  return registered;
}

function register(
  name: string,
  { apiVersion, kind, name: own, annotations, spec }: EdgeObject,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const metadata = { name: own, namespace, ...(annotations && { annotations: { ...annotations } }) };
  if (kind !== "Ingress")
    return new k8s.apiextensions.CustomResource(`${name}-${own}`, { apiVersion, kind, metadata, spec }, opts);
  // The engine would wait until its Services have pods, and those come later.
  const unawaited = { ...metadata, annotations: { ...annotations, "pulumi.com/skipAwait": "true" } };
  return new k8s.networking.v1.Ingress(`${name}-${own}`, { metadata: unawaited, spec }, opts);
}
