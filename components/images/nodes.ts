import type { ClusterAccess } from "../kubernetes/cluster.ts";
import { UserError } from "../program/errors.ts";
import { kubeConfig } from "../kubernetes/kube-config.ts";

/** Names of the cluster's nodes. The client library is loaded here, since most labs never ask. @throws UserError when the API server does not say */
export async function nodesOf(access: ClusterAccess): Promise<string[]> {
  const { CoreV1Api } = await import("@kubernetes/client-node");
  const { items } = await (
    await kubeConfig(access)
  )
    .makeApiClient(CoreV1Api)
    .listNode()
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UserError(`The nodes of the image delivery cannot be compared with the cluster's: ${reason}`);
    });
  return items.flatMap(({ metadata }) => metadata?.name ?? []);
}

/**
 * Compares the nodes of a delivery with those of the cluster.
 * @throws UserError naming each that is not there
 */
export function checkNodes(listed: readonly string[], there: readonly string[]): void {
  const strangers = listed.filter((node) => !there.includes(node));
  if (strangers.length === 0) return;
  throw new UserError(
    strangers.map(
      (node) =>
        `clearml.agent.image.delivery.nodes lists the node \`${node}\`, which the cluster does not have. It has: ${there.join(", ") || "none"}. Correct its name, or take it out.`,
    ),
  );
}
