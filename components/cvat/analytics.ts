import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import semver from "semver";

const read = (name: string) => readFileSync(new URL(`./analytics/${name}`, import.meta.url), "utf8");

const VECTOR = read("vector.toml");

/** Our own dashboard, under the name that the chart's Grafana opens first. */
export const DASHBOARDS: Record<string, string> = { "all_events.json": read("all_events.json") };

/** Our own vector.toml, on the port that this version of the chart sends events to: 80 before 0.15.1 (cvat-ai/cvat#9754), 8282 since. */
export function vectorToml(chart: string): string {
  return VECTOR.replace("0.0.0.0:HTTP_PORT", `0.0.0.0:${semver.lt(chart, "0.15.1") ? 80 : 8282}`);
}

/** Changes with whatever Vector's configuration may change with, so that its pod starts anew then and only then. */
export function vectorStamp(chart: string): string {
  return createHash("sha256")
    .update(`${chart}\n${vectorToml(chart)}`)
    .digest("hex")
    .slice(0, 16);
}
