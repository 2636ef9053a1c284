import type { CvatConfig } from "../../../components/cvat/cvat-config.ts";
import { maxDbSizeGi } from "../../../components/cvat/kvrocks/kvrocks-config.ts";
import { CHART_OBJECTS } from "../../../components/cvat/names.ts";
import { apiServer } from "../../../components/kubernetes/api-server.ts";
import type { ClusterAccess } from "../../../components/kubernetes/cluster.ts";
import { kubeConfig } from "../../../components/kubernetes/kube-config.ts";
import { bytesOf } from "../../../components/schema/values.ts";
import { binaryText } from "./binary-text.ts";
import { claimUse, type ClaimUse } from "./claim-use.ts";

/** What a store of CVAT's takes, in bytes. */
export interface Room {
  /** At all, by the stack file. */
  most: number;
  /** Now; all of it where that is not known. */
  free: number;
  /** Why it is not known what is free now. Undefined: it is. */
  unknown?: string;
}

/** A store of CVAT's and its claim. */
export interface ClaimOfStore {
  name: string;
  /** Size of the claim, in bytes. */
  size: number;
  /** What of it the store takes. */
  most: number;
}

const GI = 2 ** 30;
/** What pictures may take of what is free in the cache; the rest is keys, previews, what others look at meanwhile. */
export const CACHE_SHARE = 0.9;
/** A file system that is larger than the claim by more than that has others in it, whose bytes are counted too. */
const SHARED_FROM = 1.05;

/** The cache of pictures, where it is the lab's own. */
export const kvrocksClaim = ({ kvrocks }: CvatConfig): ClaimOfStore => ({
  name: `${CHART_OBJECTS.kvrocksClaim}-0`,
  size: bytesOf(kvrocks.size),
  most: maxDbSizeGi(kvrocks) * GI,
});

/** Films and uploads. */
export const dataClaim = ({ data }: CvatConfig): ClaimOfStore => {
  const size = bytesOf(data.size);
  return { name: CHART_OBJECTS.dataClaim, size, most: size };
};

/** What is free of a store, by what a kubelet says of its claim. */
export function roomOf({ size, most }: ClaimOfStore, use: ClaimUse | string): Room {
  if (typeof use === "string") return { most, free: most, unknown: use };
  const { used, available, capacity } = use;
  if (capacity > size * SHARED_FROM)
    return { most, free: Math.min(most, available), unknown: "its claim is a folder of a larger file system" };
  return { most, free: Math.max(0, Math.min(most - used, available)) };
}

/** Asks the lab's cluster, with the person's own kubeconfig. */
export async function roomIn(
  cvat: CvatConfig,
  access: ClusterAccess,
  claimOf: (cvat: CvatConfig) => ClaimOfStore,
  signal?: AbortSignal,
): Promise<Room> {
  const claim = claimOf(cvat);
  const config = await kubeConfig(access).catch((error: unknown) => (error as Error).message);
  if (typeof config === "string") return roomOf(claim, config);
  return roomOf(claim, await claimUse(apiServer(config, signal), { namespace: cvat.namespace, name: claim.name }));
}

/** The same of the cache of pictures. Undefined: somebody else runs it, and nothing here knows what it takes. */
export async function roomInCache(
  cvat: CvatConfig,
  access: ClusterAccess,
  signal?: AbortSignal,
): Promise<Room | undefined> {
  return cvat.kvrocks.external ? undefined : roomIn(cvat, access, kvrocksClaim, signal);
}

/** How much that is, as a sentence about the store: `It takes 42.0 GiB at most, and 30.1 GiB of that are free now.` */
export function roomText({ most, free, unknown }: Room): string {
  const all = `It takes ${binaryText(most)} at most`;
  if (unknown === undefined) return `${all}, and ${binaryText(free)} of that are free now.`;
  const less = free < most ? `; the disk has ${binaryText(free)}` : "";
  return `${all}${less}; what is in it now is not known (${unknown.replace(/\.$/, "")}).`;
}
