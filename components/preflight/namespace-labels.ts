import type { LabConfig } from "../lab/sections.ts";
import { labNamespaces } from "../lab/namespaces.ts";
import { ENFORCE } from "../kubernetes/pod-security.ts";
import type { Finding } from "./check.ts";
import type { ClusterFacts } from "./facts.ts";
import type { KnownCluster } from "./state.ts";

/**
 * Whether namespaces that are there already carry another level of Pod Security than the lab gives them, or than its pods meet. The first the
 * API server would refuse in the middle of `up` as a conflict; the second it refuses pod by pod, whenever one starts.
 */
export function namespacesTakeOurLabels(
  { namespaces = [] }: Pick<ClusterFacts, "namespaces">,
  lab: LabConfig,
  { objects }: KnownCluster,
): Finding[] {
  return labNamespaces(lab).flatMap(({ name, path, labels }): Finding[] => {
    const live = namespaces.find(({ metadata }) => metadata?.name === name)?.metadata?.labels?.[ENFORCE];
    const ours = labels[ENFORCE];
    if (live === undefined || live === ours) return [];
    const known = objects.find(
      ({ kind, isPatch, ...object }) => kind === "Namespace" && !isPatch && object.name === name,
    );
    const isToBeSet = ours !== undefined && known?.labels[ENFORCE] !== ours;
    if (!isToBeSet && live !== "restricted") return [];
    const what = `Namespace ${name} carries the label ${ENFORCE}: ${live}`;
    const cure = `Take it off: kubectl label namespace ${name} ${ENFORCE}-`;
    return isToBeSet
      ? [
          {
            severity: "refusal",
            path,
            message: `${what}, and up gives it \`${ours}\`, which the API server refuses as a conflict. ${cure}. Or name another namespace.`,
          },
        ]
      : [
          {
            severity: "warning",
            path,
            message: `${what}, which its pods do not meet: none of them starts again. ${cure}`,
          },
        ];
  });
}
