import type { ChartSource } from "../charts/source.ts";
import { installedVersions } from "../charts/versions.ts";
import { nuclioRelease } from "../nuclio/release.ts";
import type { CvatConfig } from "./cvat-config.ts";
import { CVAT_VERSIONS, cvatWish, type CvatVersions } from "./versions.ts";

/** CVAT, and what is worked out of its keys. */
export interface CvatPlan {
  config: CvatConfig;
  versions: CvatVersions;
  /** Release of its Nuclio. Undefined: not known. */
  nuclio: string | undefined;
}

/**
 * @param chart where it is at hand: one that a user put in the locked one's place counts
 * @throws UserError for versions that do not go together
 */
export function cvatPlan(config: CvatConfig, chart?: ChartSource): CvatPlan {
  const versions = installedVersions(CVAT_VERSIONS, cvatWish(config), chart);
  return { config, versions, nuclio: nuclioRelease(config.values, versions.parts.nuclio) };
}
