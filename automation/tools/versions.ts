import semver from "semver";
import type { VersionCheck } from "./programs.ts";

/**
 * The version in a program's answer, as semver; `undefined` when the answer holds none. A distribution's suffix
 * (`1.35.3-gke.100`) is not part of it: the pattern stops before.
 */
export function versionIn(output: string, check: VersionCheck): string | undefined {
  const groups = check.pattern.exec(output)?.slice(1);
  if (!groups) return undefined;
  // A month or day has a leading zero, which semver refuses.
  const numbers = groups.join(".").split(".").map(Number);
  return semver.valid(numbers.join(".")) ?? undefined;
}

/** Whether a found version may be used. */
export function fits(version: string, check: VersionCheck): boolean {
  return semver.satisfies(version, check.range);
}
