import semver from "semver";
import type { Release } from "./enrich.ts";
import type { Spec } from "./function.ts";

/** (nuclio/nuclio#4221) */
const BUILDAH_SINCE = "1.17.4";

/** What a build came to. */
export type BuildResult = { image: string; log: string[] } | { error: string; log: string[] };

/** Whether the dashboard builds an image first. (nuclio.md, 2c) */
export function needsBuild({ build, image }: Spec): boolean {
  const from = build?.path ?? build?.functionSourceCode ?? build?.image ?? "";
  if (from !== "") return true;
  if (image !== undefined && image !== "") return false;
  throw new Error(
    "Function must have either spec.build.path, spec.build.functionSourceCode, spec.build.codeEntryType or spec.image set in order to create",
  );
}

/**
 * What kaniko would make of it, as far as that can be told without running it: there must be a registry to push to, the base image and the
 * code must have names that can exist, and commands that always fail do.
 * @param registry `registry.pushPullUrl` of the chart; empty: none
 */
export function build(
  { build: wanted = {}, runtime = "python:3.9" }: Spec,
  name: string,
  { registry, version, builder }: Pick<Release, "version" | "builder"> & { registry: string },
): BuildResult {
  const builders = ["kaniko", ...(semver.gte(semver.coerce(version) ?? "0.0.0", BUILDAH_SINCE) ? ["buildah"] : [])];
  if (!builders.includes(builder)) return failed([], "Failed to create a Docker builder: No docker client found");
  const base = wanted.baseImage ?? runtime.replace(":", ":");
  const target = `${wanted.registry ?? registry}/${wanted.image ?? `processor-${name}:latest`}`;
  const log = [`Building processor image (${target})`, `Retrieving image manifest ${base}`];
  if (target.startsWith("/")) {
    return failed(log, `error building image: getting destination: could not parse reference: ${target}`);
  }
  // Names under .invalid lead nowhere. (RFC 2606)
  for (const reference of [base, wanted.path ?? ""]) {
    const host = reference.replace(/^https?:\/\//, "").split(/[/:]/)[0] ?? "";
    if (host.endsWith(".invalid")) {
      return failed(log, `error building image: Get "https://${host}/v2/": dial tcp: lookup ${host}: no such host`);
    }
  }
  for (const command of wanted.commands ?? []) {
    log.push(`RUN ${command}`);
    const status = command.trim() === "false" ? "1" : /^exit ([1-9]\d*)$/.exec(command.trim())?.[1];
    if (status !== undefined) {
      return failed(
        log,
        `error building image: error building stage: failed to execute command: waiting for process to exit: exit status ${status}`,
      );
    }
  }
  return { image: target, log: [...log, `Pushed image to ${target}`] };
}

function failed(log: readonly string[], error: string): BuildResult {
  return { error: `Failed to build processor image: ${error}`, log: [...log, error] };
}
