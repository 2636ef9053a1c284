import { CHART_CHOICES } from "../lab/chart-ranges.ts";
import { refusedCharts, type ChartRange } from "../charts/kubernetes.ts";
import type { Finding } from "./check.ts";
import type { ClusterFacts } from "./facts.ts";

/** Every chart that does not take the cluster's Kubernetes, before Helm stops at the first. */
export function chartsTakeTheCluster(
  { kubernetes }: Pick<ClusterFacts, "kubernetes">,
  charts: readonly ChartRange[],
): Finding[] {
  if (kubernetes === undefined) return [];
  const known = charts.flatMap((chart) => {
    const choice = CHART_CHOICES[chart.name];
    return choice ? [{ ...chart, ...choice }] : [];
  });
  return refusedCharts(known, { version: kubernetes, saidBy: "the cluster has" }).map((problem) => ({
    severity: "refusal",
    ...problem,
  }));
}
