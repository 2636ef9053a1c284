import type { Fix } from "../../charts/fixes.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import { podTemplate } from "../../charts/pods.ts";
import { DASHBOARDS, vectorToml } from "../analytics.ts";

const SYMLINK =
  "cvat-chart-2.64.md section 1.4, measured: helm-chart/analytics is a symlink, and a chart packaged without it renders empty ConfigMaps without an error";

/** ConfigMaps that come out empty of a chart that was packaged without the files beside it. */
function missingFiles(row: { id: string; name: string; why: string; files: Record<string, string> }): Fix {
  return {
    id: row.id,
    why: row.why,
    source: SYMLINK,
    matches: (object) => object.kind === "ConfigMap" && object.metadata.name === row.name,
    stillNeeded: (object) => Object.keys((object.data as Record<string, string> | null | undefined) ?? {}).length === 0,
    apply: (object) => {
      object.data = { ...row.files };
    },
  };
}

/** @param chart version of the chart, which decides on what port Vector is spoken to. */
export function analyticsFixes(chart: string): Fix[] {
  return [
    missingFiles({
      id: "vector-configuration",
      name: "cvat-vector-config",
      why: "The packaged chart left vector.toml out, and Vector ends at once with no sources defined.",
      files: { "vector.toml": vectorToml(chart) },
    }),
    missingFiles({
      id: "grafana-dashboards",
      name: "cvat-grafana-dashboards",
      why: "The packaged chart left the dashboards out, and Grafana opens without one.",
      files: DASHBOARDS,
    }),
    vectorChecksum,
  ];
}

const vectorChecksum: Fix = {
  id: "vector-checksum",
  why: "The chart's checksum looks its ConfigMap up in the cluster, where it is not at the first render, so a second `up` restarts Vector.",
  source: "vector chart 0.19.2, templates/statefulset.yaml; cvat-chart-2.64.md section 3.2, measured",
  matches: (object) => object.kind === "StatefulSet" && object.metadata.labels?.["app.kubernetes.io/name"] === "vector",
  stillNeeded: (object) => checksums(object).length > 0,
  apply: (object) => {
    const annotations = podTemplate(object)?.metadata?.annotations;
    for (const key of checksums(object)) delete annotations?.[key];
  },
};

function checksums(object: RenderedObject): string[] {
  return Object.keys(podTemplate(object)?.metadata?.annotations ?? {}).filter((key) => key.startsWith("checksum/"));
}
