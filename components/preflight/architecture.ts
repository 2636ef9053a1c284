import type { ClusterCheck } from "./check.ts";
import { keepsAway } from "./taints.ts";

/** What CVAT's images, and those of the charts' databases, are made for. */
const MADE_FOR = "amd64";

/**
 * A node of another processor takes pods whose images it cannot run. It is told, and not kept away by an affinity of ours: which images are
 * made for one processor only depends on the tags a person chooses, and a field more in every pod would restart every database and run every
 * Job of every lab again, for the few with mixed nodes. A taint on the node keeps away the pods of all charts.
 */
export const nodesRunTheImages: ClusterCheck = ({ nodes = [] }) => {
  const strange = nodes.filter(
    ({ spec, status }) =>
      !spec?.unschedulable &&
      !spec?.taints?.some(keepsAway) &&
      ![undefined, "", MADE_FOR].includes(status?.nodeInfo?.architecture),
  );
  if (strange.length === 0) return [];
  const names = strange.map(
    ({ metadata, status }) => `${metadata?.name ?? ""} (${status?.nodeInfo?.architecture ?? ""})`,
  );
  const [{ metadata, status } = {}] = strange;
  const taint = `kubectl taint nodes ${metadata?.name ?? ""} kubernetes.io/arch=${status?.nodeInfo?.architecture ?? ""}:NoSchedule`;
  const message = `Pods may land on ${names.join(", ")}, and most of the lab's images are made for ${MADE_FOR} only. Keep them away: ${taint}. (Functions and the agent have nodeSelector and tolerations.)`;
  return [{ severity: "warning", path: "vision-platform:cluster", message }];
};
