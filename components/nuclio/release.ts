import semver from "semver";
import { isMap } from "../program/maps.ts";

/** Since this release the dashboard builds images by Buildah too. (nuclio/nuclio#4205, #4221; late-2026.md) */
const BUILDAH_SINCE = "1.17.4";

/**
 * Release of Nuclio: of the dashboard's image where a stack names one among CVAT's chart values, else what CVAT's chart brings.
 * Undefined: not known.
 */
export function nuclioRelease(
  values: Readonly<Record<string, unknown>>,
  inChart: string | undefined,
): string | undefined {
  const tag = ["nuclio", "dashboard", "image", "tag"].reduce<unknown>(
    (at, key) => (isMap(at) ? at[key] : undefined),
    values,
  );
  return typeof tag === "string" ? tag : inChart;
}

/** Whether a release is this one or a later one; undefined where it is not known. One without its last number counts as its first. */
export function isSince(nuclio: string | undefined, first: string): boolean | undefined {
  const version = semver.coerce(nuclio);
  return version === null ? undefined : semver.gte(version, first);
}

/** Whether a release builds by Buildah; undefined where the release is not known. */
export const hasBuildah = (nuclio: string | undefined) => isSince(nuclio, BUILDAH_SINCE);
