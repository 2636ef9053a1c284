import { KubeConfig, KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";
import { patiently, type Patience } from "../../components/rest/patience.ts";

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
  ["traefik.io/v1alpha1", "IngressRoute"],
];

/** An API server that has just learned of a kind answers 429 until it has read what there is of it. */
const WHILE_BUSY: Patience = {
  attempts: 8,
  firstPauseMs: 100,
  longestPauseMs: 2_000,
  mayPass: (error) => (error as { code?: unknown }).code === 429,
};

/** Objects by kind in the namespaces that the stack's outputs name. */
export async function countObjects(kubeconfig: string, outputs: readonly unknown[]): Promise<Record<string, number>> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const client = KubernetesObjectApi.makeApiClient(config);
  const namespaces = [...new Set(outputs.flatMap(namespaceIn))];
  const counts = COUNTED.map(async ([apiVersion, kind]) => {
    const lists = await Promise.all(
      namespaces.map((namespace) =>
        patiently(() => client.list<KubernetesObject>(apiVersion, kind, namespace), WHILE_BUSY),
      ),
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
