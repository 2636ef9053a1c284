import { overChart, unevenWithChart } from "../schema/pods.ts";
import type { Found } from "../schema/section-rules.ts";
import type { ClearmlConfig } from "./clearml-config.ts";
import { elasticsearchResources } from "./elasticsearch.ts";

/** What the chart gives each of the three servers. (clearml 7.14: values.yaml) */
const OF_THE_CHART = { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "2000m", memory: "1Gi" } };

const SERVERS = ["apiserver", "fileserver", "webserver"] as const;

/** Requests that are more than the limit beside them, be it the chart's. */
export function unevenResources({
  resources,
  elasticsearch,
}: Pick<ClearmlConfig, "resources" | "elasticsearch">): Found[] {
  const containers = [
    ...SERVERS.map((name) => [name, overChart(OF_THE_CHART, resources[name])] as const),
    ["elasticsearch", elasticsearchResources(elasticsearch.heap, resources.elasticsearch)] as const,
  ];
  return containers.flatMap(([name, effective]) =>
    unevenWithChart(resources[name], effective).map((found) => ({
      ...found,
      path: ["resources", name, ...found.path],
    })),
  );
}
