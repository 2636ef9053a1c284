import type { KubeConfig } from "@kubernetes/client-node";
import type { ClusterAccess } from "./cluster.ts";

/** The kubeconfig as kubectl would take it. The library is loaded here: most runs ask the API server nothing themselves. */
export async function kubeConfig({ kubeconfig, context }: ClusterAccess): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}
