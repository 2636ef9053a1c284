import semver from "semver";
import type { Problem } from "../schema/problems.ts";
import type { VersionSet } from "./versions.ts";

/** A chart, and the Kubernetes versions it takes. */
export interface ChartRange {
  name: string;
  version: string;
  /** As its Chart.yaml has it (`kubeVersion`); undefined: any. */
  kubernetes: string | undefined;
}

/** Whose chart it is: the key that chooses its version, and what else may be chosen. */
export interface ChartChoice {
  /** `vision-platform:clearml.version`. */
  path: string;
  /** `ClearML`. */
  product: string;
  sets: readonly Pick<VersionSet<string>, "version" | "kubernetes">[];
}

/** A version of Kubernetes, and who says that it is the one. */
export interface KubernetesVersion {
  /** `1.36.3`, `v1.36.3+k3s1`. */
  version: string;
  /** `the cluster has`. */
  saidBy: string;
}

/**
 * Helm renders no chart whose `kubeVersion` the cluster does not meet, and stops at the first: so all of them are told, before anything is made.
 * (helm: pkg/action/install.go, "chart requires kubeVersion")
 */
export function refusedCharts(
  charts: readonly (ChartRange & ChartChoice)[],
  { version, saidBy }: KubernetesVersion,
): Problem[] {
  return charts
    .filter(({ kubernetes }) => !takes(kubernetes, version))
    .map(({ name, version: chart, kubernetes, path, product, sets }) => {
      const others = sets
        .filter((set) => Object.values(set.kubernetes ?? {}).every((range) => takes(range, version)))
        .map((set) => set.version);
      const way =
        others.length > 0
          ? `${product} ${others.join(", ")} ${others.length > 1 ? "have charts that take" : "has charts that take"} it: set one.`
          : "No known version has a chart that takes it.";
      const message = `Chart ${name} ${chart} takes Kubernetes ${kubernetes ?? ""} only, and ${saidBy} ${version}. ${way}`;
      return { path, message };
    });
}

/** Masterminds' ranges, which Helm compares by, have commas where npm's have blanks; what cannot be read is left to Helm. */
function takes(range: string | undefined, version: string): boolean {
  const read = range === undefined ? null : semver.validRange(range.replaceAll(",", " "));
  return read === null || semver.satisfies(version, read);
}
