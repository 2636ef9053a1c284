import type { V1Pod } from "@kubernetes/client-node";
import { listOf, type Send } from "../../../components/kubernetes/api-server.ts";
import { mountsClaim } from "../../../components/kubernetes/mounts.ts";

/** What a kubelet says of the file system of a claim, in bytes. */
export interface ClaimUse {
  used: number;
  /** What a program may still write. */
  available: number;
  /** Of the whole file system: a little less than the claim, or far more where the claim is a folder of a larger one. */
  capacity: number;
}

/** As much of a kubelet's summary as is read here. (k8s.io/kubelet v0.35, pkg/apis/stats/v1alpha1/types.go) */
interface Summary {
  pods?: {
    volume?: {
      pvcRef?: { name: string; namespace: string };
      usedBytes?: number;
      availableBytes?: number;
      capacityBytes?: number;
    }[];
  }[];
}

/** A verb looks in passing: what takes longer is not known. */
const WITHIN_MS = 5_000;

/**
 * Asks the kubelet of a node that has a claim mounted, through the API server. That needs `list` on the namespace's pods, and `get` on
 * `nodes/proxy`.
 * @returns a text where it cannot be told, which says why
 */
export async function claimUse(
  send: Send,
  { namespace, name }: { namespace: string; name: string },
): Promise<ClaimUse | string> {
  try {
    const pods = await listOf<V1Pod>(send, `/api/v1/namespaces/${namespace}/pods`, WITHIN_MS);
    if ("lacks" in pods) return "the kubeconfig's user may not list pods";
    const node = pods.items.find((pod) => pod.status?.phase === "Running" && mountsClaim(pod, name))?.spec?.nodeName;
    if (node === undefined) return "no pod that runs has its claim";
    const path = `/api/v1/nodes/${node}/proxy/stats/summary`;
    const { status, text } = await send({ method: "GET", path, timeoutMs: WITHIN_MS });
    if (status === 403) return "the kubeconfig's user may not get nodes/proxy";
    if (status !== 200) return `the kubelet of ${node} does not tell`;
    const volumes = ((JSON.parse(text) as Summary).pods ?? []).flatMap(({ volume = [] }) => volume);
    const found = volumes.find(({ pvcRef }) => pvcRef?.name === name && pvcRef.namespace === namespace);
    const { usedBytes: used, availableBytes: available, capacityBytes: capacity } = found ?? {};
    // Of a volume that is a plain folder of the node a kubelet counts nothing. (k8s.io/kubernetes v1.35, pkg/volume/hostpath: MetricsNil)
    if (used === undefined || available === undefined || capacity === undefined)
      return `the kubelet of ${node} does not count it`;
    return { used, available, capacity };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
