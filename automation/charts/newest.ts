import semver from "semver";
import type { LockedChart } from "./lock.ts";
import { versionsInRegistry } from "./registry.ts";
import { versionsInRepository } from "./repository.ts";
import { SourceUnavailable, type Asking } from "./source.ts";

/**
 * The newest version that a chart's source has, no trial release among them.
 * @throws SourceUnavailable where it has none or does not answer; HttpFailure where it cannot be reached
 */
export async function newestVersion({ name, oci, repository }: LockedChart, asking: Asking): Promise<string> {
  const all =
    oci === undefined
      ? await versionsInRepository(repository ?? "", name, asking)
      : await versionsInRegistry(oci, asking);
  const whole = all.filter((version) => semver.valid(version) === version && semver.prerelease(version) === null);
  const [newest] = semver.rsort(whole);
  if (newest !== undefined) return newest;
  throw new SourceUnavailable(`${oci ?? repository ?? ""} has no whole version of ${name}`);
}
