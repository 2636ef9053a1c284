import semver from "semver";
import { imageVersion } from "./images.ts";

/** CVAT's images, its chart and what the chart brings, known to work together. */
export interface CvatSet {
  /** Release of cvat/server and cvat/ui. */
  cvat: string;
  chart: string;
  opa: string;
  kvrocks: string;
  /** Release of Nuclio inside the chart. */
  nuclio: string;
  /** Whether CVAT ever shipped this pair. If not, it works by the fixes of fixes.ts and has to be named. */
  upstream: boolean;
  source: string;
}

/** Known-good sets, the default first. A release without a named chart takes its first upstream set. */
export const CVAT_SETS: readonly CvatSet[] = [
  {
    cvat: "2.64.0",
    chart: "2.64.0",
    opa: "1.12.2",
    kvrocks: "2.15.0",
    nuclio: "1.15",
    upstream: true,
    source:
      "chart 2.64.0 (cvat-ai/cvat ed8679262): since 2.49.0 the chart's version is CVAT's own; rendered and installed in rehearsal",
  },
  {
    cvat: "2.48.1",
    chart: "0.17.1",
    opa: "0.63.0",
    kvrocks: "2.12.1",
    nuclio: "1.13.0",
    upstream: true,
    source: "tag v2.48.1 (cvat-ai/cvat c174af384), helm-chart/Chart.yaml and values.yaml",
  },
  {
    cvat: "2.39.0",
    chart: "0.15.0",
    opa: "0.63.0",
    kvrocks: "2.7.0",
    nuclio: "1.13.0",
    upstream: true,
    source: "tag v2.39.0 (cvat-ai/cvat 8a75567d5), helm-chart/Chart.yaml and values.yaml",
  },
  {
    cvat: "2.39.0",
    chart: "0.17.1",
    opa: "0.63.0",
    kvrocks: "2.12.1",
    nuclio: "1.13.0",
    upstream: false,
    source: "the lab's own CVAT runbook: images v2.39.0 put on the chart of v2.46 to v2.48",
  },
];

/** The release a stack gets that names none. */
export const DEFAULT_CVAT_VERSION = "2.64.0";

/** Since this release the chart carries CVAT's own version number (cvat-ai/cvat#9925). */
const CHART_IS_VERSION_SINCE = "2.49.0";

/** Which images a stack may name, and the part of a set whose release they must have. */
export const IMAGE_PARTS = { server: "cvat", ui: "cvat", opa: "opa", kvrocks: "kvrocks" } as const satisfies Record<
  string,
  keyof CvatSet
>;
export type ImageName = keyof typeof IMAGE_PARTS;

export interface VersionRequest {
  version: string;
  chart?: string;
  images: Partial<Record<ImageName, string>>;
  allowUnknownVersions: boolean;
}

/** What will be installed, and on whose word. */
export interface CvatVersions {
  cvat: string;
  chart: string;
  /** `upstream`: shipped together. `fixes`: never shipped together, works with our fixes. `unknown`: allowed by the stack. */
  standing: "upstream" | "fixes" | "unknown";
  /** The known-good set, unless `standing` is `unknown`. */
  set?: CvatSet;
}

/** One thing wrong with the versions a stack names. `key` is the key below `cvat` it is about. */
export interface VersionProblem {
  key: "version" | "chart" | `images.${ImageName}`;
  message: string;
}

/** The set a stack's versions belong to, or every problem with them. */
export function resolveVersions(request: VersionRequest): CvatVersions | VersionProblem[] {
  const set = CVAT_SETS.find(
    ({ cvat, chart, upstream }) =>
      cvat === request.version && (request.chart === undefined ? upstream : chart === request.chart),
  );
  if (!set) return unknownPair(request);
  const strangers = request.allowUnknownVersions ? [] : imagesOutside(set, request.images);
  if (strangers.length > 0) return strangers;
  const foreign = imagesOutside(set, request.images).length > 0;
  if (foreign) return { cvat: set.cvat, chart: set.chart, standing: "unknown" };
  return { cvat: set.cvat, chart: set.chart, standing: set.upstream ? "upstream" : "fixes", set };
}

function unknownPair({ version, chart, allowUnknownVersions }: VersionRequest): CvatVersions | VersionProblem[] {
  const guess = chart ?? (semver.gte(version, CHART_IS_VERSION_SINCE) ? version : undefined);
  if (guess === undefined && allowUnknownVersions)
    return [{ key: "chart", message: `no chart is known for CVAT ${version}; name one` }];
  if (guess !== undefined && allowUnknownVersions) return { cvat: version, chart: guess, standing: "unknown" };
  const pair = `CVAT ${version}${chart === undefined ? "" : ` on chart ${chart}`}`;
  return [
    {
      key: chart === undefined ? "version" : "chart",
      message: `${pair} is no known-good pair; take ${nearestSets(version).join(" or ")}, or set allowUnknownVersions: true`,
    },
  ];
}

/** The two sets whose release is least far from this one, written for people. */
export function nearestSets(version: string): string[] {
  return [...CVAT_SETS]
    .sort((a, b) => distance(a.cvat, version) - distance(b.cvat, version))
    .slice(0, 2)
    .map(({ cvat, chart }) => `${cvat} on chart ${chart}`);
}

/** How far apart two releases are: a major counts for more than any minor, a minor for more than any patch. */
function distance(a: string, b: string): number {
  const [left, right] = [semver.parse(a), semver.parse(b)];
  if (!left || !right) return Number.POSITIVE_INFINITY;
  const parts = [left.major - right.major, left.minor - right.minor, left.patch - right.patch];
  return parts.reduce((sum, part) => sum * 1000 + Math.abs(part), 0);
}

function imagesOutside(set: CvatSet, images: VersionRequest["images"]): VersionProblem[] {
  return (Object.keys(IMAGE_PARTS) as ImageName[]).flatMap((name) => {
    const reference = images[name];
    const expected = set[IMAGE_PARTS[name]];
    if (reference === undefined || imageVersion(reference) === expected) return [];
    return [
      {
        key: `images.${name}` as const,
        message: `${reference} is not of release ${expected}, which CVAT ${set.cvat} on chart ${set.chart} goes with; take that tag, or set allowUnknownVersions: true`,
      },
    ];
  });
}
