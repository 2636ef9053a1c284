import semver from "semver";
import type { LockedChart } from "./lock.ts";

/** A version that a bot has put in another's place: the digest beside it is still the other's. */
export interface Bump {
  /** The entry as it was. */
  before: LockedChart;
  /** The version that stands there now. */
  version: string;
}

/**
 * What a bot has bumped between two lock files. A person adds a version, with its own digest, and takes none away with it: that is no bump.
 */
export function bumpsBetween(before: readonly LockedChart[], after: readonly LockedChart[]): Bump[] {
  const has = (entries: readonly LockedChart[], { name, version }: LockedChart) =>
    entries.some((one) => one.name === name && one.version === version);
  const gone = before.filter((entry) => !has(after, entry));
  return after
    .filter((entry) => !has(before, entry))
    .flatMap(({ name, version, digest }) => {
      const was = gone
        .filter((one) => one.name === name && one.digest === digest)
        .sort((a, b) => semver.rcompare(a.version, b.version))[0];
      return was ? [{ before: was, version }] : [];
    });
}
