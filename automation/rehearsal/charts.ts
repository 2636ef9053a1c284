import path from "node:path";
import { cacheFolder } from "../cache.ts";
import { pullOrExplain } from "../charts/resolve.ts";
import type { Progress } from "../progress.ts";
import { miniatureChart } from "./miniatures.ts";

/** A chart a rehearsal installs. */
export interface RehearsalChart {
  name: string;
  version: string;
  path: string;
  kind: "locked" | "named" | "miniature";
  /** For the summary: whether this is the locked chart, one the user named, or a miniature, and why. */
  note: string;
}

export interface RehearsalChartOptions {
  /** `--chart NAME=PATH`. */
  overrides: Readonly<Record<string, string>>;
  /** Where miniatures are written. */
  folder: string;
  progress: Progress;
}

/** The charts to rehearse with: those the user named, else the locked ones, else miniatures where a source does not answer. */
export async function rehearsalCharts(
  wanted: readonly { name: string; version: string }[],
  { overrides, folder, progress }: RehearsalChartOptions,
): Promise<RehearsalChart[]> {
  const charts: RehearsalChart[] = [];
  for (const { name, version } of wanted) {
    const found = await pullOrExplain(name, version, { overrides, cacheFolder: cacheFolder(), progress });
    if ("chart" in found) {
      const { chart } = found;
      const isNamed = chart.origin === "override";
      const note = isNamed
        ? `${chart.version}, from ${path.resolve(overrides[name] ?? "")}`
        : `${chart.version}, as locked`;
      charts.push({ name, version: chart.version, path: chart.path, kind: isNamed ? "named" : "locked", note });
    } else {
      const miniature = await miniatureChart(name, version, folder);
      const note = `${miniature.note} (${found.reason})`;
      charts.push({ name, version, path: miniature.path, kind: "miniature", note });
    }
  }
  return charts;
}
