import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import type { ChartRange } from "../../components/charts/kubernetes.ts";
import type { ChartSource } from "../../components/charts/source.ts";
import { isMap } from "../../components/program/maps.ts";

/** The Kubernetes versions that a chart on this machine takes, by its Chart.yaml. */
export async function chartRange({ name, version, path: folder }: ChartSource): Promise<ChartRange> {
  const chart: unknown = parse(await readFile(path.join(folder, "Chart.yaml"), "utf8"));
  const range = isMap(chart) ? chart["kubeVersion"] : undefined;
  return { name, version, kubernetes: typeof range === "string" && range !== "" ? range : undefined };
}
