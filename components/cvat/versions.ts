import semver from "semver";
import type { ChosenVersions, VersionTable, VersionWish } from "../charts/versions.ts";
import { imageProblem, imageVersion } from "./images.ts";
import { CVAT_JUMPS } from "./jumps.ts";

/** Images a stack may name. `server` is the workers' image too; the release of CVAT is that of `server` and `ui`. */
const IMAGES = ["server", "ui", "opa", "kvrocks"] as const;
type ImageName = (typeof IMAGES)[number];

/** `nuclio`: its release inside the chart. */
export type CvatPart = "chart" | ImageName | "nuclio";
export type CvatVersions = ChosenVersions<CvatPart>;

/** Since this release the chart carries CVAT's own version number (cvat-ai/cvat#9925). */
const CHART_IS_VERSION_SINCE = "2.49.0";

const release = (version: string) => ({ server: version, ui: version });

/** What is known of CVAT's versions. */
export const CVAT_VERSIONS: VersionTable<CvatPart> = {
  product: "CVAT",
  section: "cvat",
  sets: [
    {
      version: "2.64.0",
      parts: { chart: "2.64.0", ...release("2.64.0"), opa: "1.12.2", kvrocks: "2.15.0", nuclio: "1.15" },
      source:
        "chart 2.64.0 (cvat-ai/cvat ed8679262): since 2.49.0 the chart's version is CVAT's own; rendered and installed in rehearsal",
    },
    {
      version: "2.48.1",
      parts: { chart: "0.17.1", ...release("2.48.1"), opa: "0.63.0", kvrocks: "2.12.1", nuclio: "1.13.0" },
      source: "tag v2.48.1 (cvat-ai/cvat c174af384), helm-chart/Chart.yaml and values.yaml",
    },
    {
      version: "2.39.0",
      parts: { chart: "0.15.0", ...release("2.39.0"), opa: "0.63.0", kvrocks: "2.7.0", nuclio: "1.13.0" },
      source: "tag v2.39.0 (cvat-ai/cvat 8a75567d5), helm-chart/Chart.yaml and values.yaml",
    },
    {
      version: "2.39.0",
      parts: { chart: "0.17.1", ...release("2.39.0"), opa: "0.63.0", kvrocks: "2.12.1", nuclio: "1.13.0" },
      source: "the lab's own CVAT runbook: images v2.39.0 put on the chart of v2.46 to v2.48",
      upstream: false,
      note: "Never shipped together; works by the fixes.",
    },
  ],
  refused: [],
  jumps: CVAT_JUMPS,
  guess: (version) => ({
    chart: semver.gte(version, CHART_IS_VERSION_SINCE) ? version : undefined,
    ...release(version),
  }),
};

/** What a stack says of CVAT's versions. */
export interface CvatVersionKeys {
  version: string;
  chart?: string;
  images: Partial<Record<ImageName, string>>;
  allowUnknownVersions: boolean;
}

/** The versions a configuration asks for. An image that is no sound reference asks for none. */
export function cvatWish({ version, chart, images, allowUnknownVersions }: CvatVersionKeys): VersionWish<CvatPart> {
  return {
    version,
    named: [
      { part: "chart", path: ["chart"], version: chart },
      ...IMAGES.map((part) => ({ part, path: ["images", part], version: versionOf(images[part]) })),
    ],
    allowUnknown: allowUnknownVersions,
  };
}

/** The release of an image, or its whole reference where the tag tells none. */
function versionOf(reference: string | undefined): string | undefined {
  if (reference === undefined || imageProblem(reference) !== undefined) return undefined;
  return imageVersion(reference) ?? reference;
}
