import { resourceProblems, type Resources } from "../pods.ts";
import type { Found } from "../section-rules.ts";
import type { ClearmlConfig } from "./config.ts";
import { elasticsearchResources } from "./elasticsearch.ts";

/** What the chart gives each of the three servers; Helm puts what a stack says over it, amount by amount. (clearml 7.14: values.yaml) */
const OF_THE_CHART = { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "2000m", memory: "1Gi" } };

const SERVERS = ["apiserver", "fileserver", "webserver"] as const;

/** Requests that are more than the limit beside them, be it the chart's: the API server would refuse the pod. */
export function unevenResources({
  resources,
  elasticsearch,
}: Pick<ClearmlConfig, "resources" | "elasticsearch">): Found[] {
  const containers = [
    ...SERVERS.map((name) => [name, over(OF_THE_CHART, resources[name])] as const),
    ["elasticsearch", elasticsearchResources(elasticsearch.heap, resources.elasticsearch)] as const,
  ];
  return containers.flatMap(([name, effective]) =>
    resources[name] === undefined || resourceProblems(resources[name]).length > 0
      ? []
      : resourceProblems(effective).map(({ path, message }) => ({
          path: ["resources", name, ...path],
          message: `${message} (what is not set here is the chart's own)`,
        })),
  );
}

function over(base: Required<Resources>, given: Resources = {}): Resources {
  return { requests: { ...base.requests, ...given.requests }, limits: { ...base.limits, ...given.limits } };
}
