import type { Release } from "./enrich.ts";
import type { Namespace, Stored } from "./kube.ts";

interface Container {
  image?: string;
  env?: { name: string; value?: string }[];
}

/** What the dashboard's Deployment says of this Nuclio, as its pod would read it. */
export async function releaseOf(namespace: Namespace, release: string): Promise<Release & { registry: string }> {
  const deployment = await namespace.get("Deployment", `${release}-dashboard`);
  const [container] = containers(deployment);
  const tag = /:([^:/]+)$/.exec(container?.image ?? "")?.[1] ?? "";
  const variable = (wanted: string) => container?.env?.find(({ name }) => name === wanted)?.value ?? "";
  const registry = await namespace.get("ConfigMap", `${release}-registry-url`);
  return {
    version: tag,
    builder: variable("NUCLIO_CONTAINER_BUILDER_KIND"),
    registrySecret: variable("NUCLIO_REGISTRY_CREDENTIALS_SECRET_NAME"),
    registry: (registry?.["data"] as Record<string, string> | undefined)?.["registry_url"] ?? "",
  };
}

function containers(deployment: Stored | undefined): Container[] {
  const spec = deployment?.["spec"] as { template?: { spec?: { containers?: Container[] } } } | undefined;
  return spec?.template?.spec?.containers ?? [];
}
