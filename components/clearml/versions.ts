import type { ChosenVersions, VersionTable, VersionWish } from "../charts/versions.ts";
import { CLEARML_JUMPS } from "./jumps.ts";

/** `chart`: the server's chart. `server`: tag of its image. `agent`: the chart of the Kubernetes agent that goes with it. */
export type ClearmlPart = "chart" | "server" | "agent";
export type ClearmlVersions = ChosenVersions<ClearmlPart>;

const SERVER = "2.0.0-613";

/** What is known of ClearML's versions. Facts by section of facts/clearml.md; the chart's own is its values.yaml and Chart.yaml. */
export const CLEARML_VERSIONS: VersionTable<ClearmlPart> = {
  product: "ClearML",
  section: "clearml",
  sets: [
    {
      version: "7.14.7",
      parts: { chart: "7.14.7", server: SERVER, agent: "5.3.3" },
      source: "chart repository index 2025-08-18 (facts 1.0, 1.1); rendered from its repository at 7.14.7",
    },
    {
      version: "7.14.6",
      parts: { chart: "7.14.6", server: SERVER, agent: "5.3.3" },
      source: "chart repository index 2025-07-16 (facts 1.1)",
      note: "Names Bitnami images that are gone; the fix withdrawn-images replaces them.",
    },
    {
      version: "7.14.5",
      parts: { chart: "7.14.5", server: SERVER, agent: "5.3.3" },
      source: "chart repository index 2025-05-28, the day of agent chart 5.3.3 (facts 1.1, 2)",
      note: "Names Bitnami images that are gone; the fix withdrawn-images replaces them.",
    },
    {
      version: "7.14.4",
      parts: { chart: "7.14.4", server: SERVER, agent: "5.3.2" },
      source: "clearml/clearml-helm-charts 747c018, installed on the rehearsal cluster (charts-on-the-engine.md 2)",
      kubernetes: { chart: ">= 1.21.0-0 < 1.33.0-0", agent: ">= 1.21.0-0 < 1.33.0-0" },
      note: "Its charts refuse Kubernetes 1.33 and later, K3s included. Names Bitnami images that are gone; the fix withdrawn-images replaces them.",
    },
  ],
  refused: [
    {
      range: ">=7.15.0-0",
      why:
        "From 7.15.0 the chart keeps its queues in Dragonfly instead of Redis, under other value names, and moves no data: " +
        "the storage settings of Redis would be lost without a word.",
    },
  ],
  jumps: CLEARML_JUMPS,
  guess: (version, nearest) => ({ ...nearest.parts, chart: version }),
};

/** What a stack says of ClearML's versions. */
export interface ClearmlVersionKeys {
  version: string;
  chartVersion?: string;
  image: { tag?: string };
  allowUnknownVersions: boolean;
}

/** The versions a configuration asks for. */
export function clearmlWish(keys: ClearmlVersionKeys): VersionWish<ClearmlPart> {
  return {
    version: keys.version,
    named: [
      { part: "chart", path: ["chartVersion"], version: keys.chartVersion },
      { part: "server", path: ["image", "tag"], version: keys.image.tag },
    ],
    allowUnknown: keys.allowUnknownVersions,
  };
}
