import { KubeConfig, KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";

/** The kinds a person asks about. */
const COUNTED: readonly [apiVersion: string, kind: string][] = [
  ["apps/v1", "Deployment"],
  ["apps/v1", "StatefulSet"],
  ["batch/v1", "Job"],
  ["v1", "Pod"],
  ["v1", "Service"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "ConfigMap"],
  ["v1", "Secret"],
  ["networking.k8s.io/v1", "Ingress"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["rbac.authorization.k8s.io/v1", "Role"],
  ["traefik.io/v1alpha1", "Middleware"],
  ["traefik.io/v1alpha1", "ServersTransport"],
];

/** Objects by kind in the namespaces that the stack's outputs name. */
export async function countObjects(kubeconfig: string, outputs: readonly unknown[]): Promise<Record<string, number>> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const client = KubernetesObjectApi.makeApiClient(config);
  const namespaces = [...new Set(outputs.flatMap(namespaceIn))];
  const counts = COUNTED.map(async ([apiVersion, kind]) => {
    const lists = await Promise.all(
      namespaces.map((namespace) => client.list<KubernetesObject>(apiVersion, kind, namespace)),
    );
    return [kind, lists.reduce((sum, { items }) => sum + items.length, 0)] as const;
  });
  return Object.fromEntries((await Promise.all(counts)).filter(([, count]) => count > 0));
}

function namespaceIn(output: unknown): string[] {
  return typeof output === "object" && output !== null && "namespace" in output && typeof output.namespace === "string"
    ? [output.namespace]
    : [];
}
