import type { Workload } from "../charts/workloads.ts";
import type { SeenCluster } from "../kubernetes/seen.ts";
import { partiesOf } from "./parties.ts";

/** What the ways do not hold for, in sentences. */
export function unforeseen(
  workloads: readonly Workload[],
  ofCharts: readonly string[],
  seen: SeenCluster | undefined,
): string[] {
  const unknown = workloads.filter(({ name }) => partiesOf(name).length === 0).map(({ name }) => name);
  return [
    ...(unknown.length === 0
      ? []
      : [
          `No way is known for ${unknown.join(", ")}: nothing closes these pods, and none of the lab's own lets them in. Such a chart is newer than this program, or has values of yours; with policies: false nothing is closed.`,
        ]),
    ...(ofCharts.length === 0
      ? []
      : [
          `A chart brings NetworkPolicies of its own: ${ofCharts.join(", ")}. Policies add up, so what they let in comes in. Switch them off in the chart's values.`,
        ]),
    ...(seen?.nodes === undefined && workloads.some(({ name }) => partiesOf(name).includes("dashboard"))
      ? [
          "Nodes could not be listed, so it is not known from where the API server calls: Nuclio's dashboard, which asks nobody who he is, stays open to every pod.",
        ]
      : []),
    ...(seen?.services === undefined
      ? [
          "Services could not be listed, so it is not known what is behind a server's address: pods there are opened by the port that the stack file has, and those with another, such as a store behind a load balancer, are not reached. Name such a Service (`minio.minio.svc`), or set policies: false.",
        ]
      : []),
  ];
}
