import type { ClusterCheck } from "./check.ts";
import type { ClusterFacts } from "./facts.ts";

/** Namespaces that are there and stay: one that is being deleted takes nothing new. Undefined where they may not be listed. */
export function namespacesIn({ namespaces }: Pick<ClusterFacts, "namespaces">): ReadonlySet<string> | undefined {
  const stay = namespaces?.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  return stay && new Set(stay.flatMap(({ metadata }) => metadata?.name ?? []));
}

/** Where notebooks are is somebody else's: what is not there is told, and holds nothing up. */
export const notebooksAreThere: ClusterCheck = (facts, { lab }) => {
  const there = namespacesIn(facts);
  return (lab.discovery?.notebooks ?? []).flatMap(({ namespace, secretName }, index) =>
    there === undefined || there.has(namespace)
      ? []
      : [
          {
            severity: "warning" as const,
            path: `vision-platform:discovery.notebooks[${index}].namespace`,
            message: `There is no namespace ${namespace} now, so Secret ${secretName} is not made there. The next up that finds the namespace makes it.`,
          },
        ],
  );
};
