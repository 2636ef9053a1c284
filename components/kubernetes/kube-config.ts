import { homedir } from "node:os";
import path from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import type { ClusterAccess } from "./cluster.ts";
import { UserError } from "../program/errors.ts";
import { keepConnections } from "./kept-connections.ts";

/**
 * The kubeconfig as kubectl would take it. The library is loaded here: most runs ask the API server nothing themselves.
 * @throws UserError naming the key when the file cannot be read, or has no such context
 */
export async function kubeConfig({ kubeconfig, context }: ClusterAccess): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(inHome(kubeconfig));
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "it is no kubeconfig";
    throw new UserError(
      `vision-platform:cluster.kubeconfig: \`${kubeconfig ?? "$KUBECONFIG"}\` cannot be read (${why}).`,
      {
        cause: error,
      },
    );
  }
  // There is no certificate to look at where there is no TLS (kubectl proxy); the library refuses it unless it is told so.
  config.clusters = config.clusters.map((cluster) =>
    cluster.server.startsWith("http:") ? { ...cluster, skipTLSVerify: true } : cluster,
  );
  keepConnections(config);
  if (context === undefined) return config;
  const known = config.getContexts().map(({ name }) => name);
  if (!known.includes(context)) {
    throw new UserError(
      `vision-platform:cluster.context: the kubeconfig has no context \`${context}\`. It has: ${known.join(", ") || "none"}.`,
    );
  }
  config.setCurrentContext(context);
  return config;
}

/** `~` is the home folder, as the engine's plugin takes it; the client library takes it for a name. */
function inHome(file: string): string {
  return file === "~" || file.startsWith("~/") ? path.join(homedir(), file.slice(1)) : file;
}
