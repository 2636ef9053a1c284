import semver from "semver";
import type { Release } from "./enrich.ts";
import { Wrapped } from "./error-stack.ts";
import { Problem, type Spec } from "./function.ts";

/** (nuclio/nuclio#4221) */
const BUILDAH_SINCE = "1.17.4";

/**
 * Whether the dashboard builds an image first. (nuclio.md, 2c)
 * @throws Wrapped where there is nothing to build from and nothing to run
 */
export function needsBuild({ build, image, runtime }: Spec): boolean {
  const from = build?.path ?? build?.functionSourceCode ?? build?.image ?? "";
  if (from !== "") return true;
  if (image === undefined || image === "")
    throw new Wrapped(
      "Function must have either spec.build.path,spec.build.functionSourceCode, spec.build.image or spec.image set in order to create",
      ".../platform/abstract/platform.go:1393",
    );
  if (!runtime)
    throw new Wrapped("If image is passed, runtime must be specified", ".../platform/abstract/platform.go:214");
  return false;
}

/**
 * What the dashboard says of a Git repository it is told of. (nuclio: common/git/git.go, ResolveReference)
 * @throws Problem
 */
export function checkSource({ build }: Spec): void {
  const { branch, tag, reference } = build?.codeEntryAttributes ?? {};
  if (build?.codeEntryType === "git" && !branch && !tag && !reference)
    throw new Problem(400, "No git reference was specified. (must specify branch/tag/reference)");
}

/**
 * The code of a function, which nobody fetches here: names under .invalid lead nowhere, and all else is there. (RFC 2606)
 * @throws Wrapped
 */
export async function fetched({ build }: Spec): Promise<void> {
  const host = hostOf(build?.path ?? "");
  if (!host.endsWith(".invalid")) return Promise.resolve();
  throw new Wrapped(`Get "${build?.path ?? ""}": dial tcp: lookup ${host}: no such host`, ".../common/git/git.go:98", [
    { text: "Failed to download function from git", at: ".../processor/build/builder.go:1645" },
    { text: "Failed to resolve function path", at: ".../processor/build/builder.go:225" },
  ]);
}

/**
 * The image that kaniko would make of it, as far as that can be told without running it: there must be a registry to push to, the base
 * image must have a name that can exist, and commands that always fail do.
 * @param registry `registry.pushPullUrl` of the chart; empty: none
 * @throws Wrapped with the builder's whole log, as the real one has it
 */
export function build(
  { build: wanted = {}, runtime = "python:3.9" }: Spec,
  name: string,
  { registry, version, builder }: Pick<Release, "version" | "builder"> & { registry: string },
): string {
  const builders = ["kaniko", ...(semver.gte(semver.coerce(version) ?? "0.0.0", BUILDAH_SINCE) ? ["buildah"] : [])];
  if (!builders.includes(builder))
    throw new Wrapped("No docker client found", ".../containerimagebuilderpusher/docker.go:50", [
      { text: "Failed to create a Docker builder", at: ".../platform/kube/platform.go:1382" },
    ]);
  const base = wanted.baseImage ?? runtime;
  const target = `${wanted.registry ?? registry}/${wanted.image ?? `processor-${name}:latest`}`;
  const log = [`Retrieving image manifest ${base}`, ...STEPS];
  if (target.startsWith("/")) throw failed(log, `getting destination: could not parse reference: ${target}`);
  const host = hostOf(base);
  if (host.endsWith(".invalid")) throw failed(log, `Get "https://${host}/v2/": dial tcp: lookup ${host}: no such host`);
  for (const command of wanted.commands ?? []) {
    log.push(`RUN ${command}`);
    const status = command.trim() === "false" ? "1" : /^exit ([1-9]\d*)$/.exec(command.trim())?.[1];
    if (status !== undefined)
      throw failed(
        log,
        `error building stage: failed to execute command: waiting for process to exit: exit status ${status}`,
      );
  }
  return target;
}

/** How long a build takes: as long as its commands say, `sleep 20`. */
export function buildSeconds({ build }: Spec): number {
  return (build?.commands ?? []).reduce((sum, text) => sum + Number(/^sleep (\d+)$/.exec(text.trim())?.[1] ?? 0), 0);
}

/** What every build's log begins with, longer than anybody wants to read. */
const STEPS = Array.from({ length: 12 }, (_, step) => `Unpacking rootfs as cmd COPY ${step} requires it.`);

function failed(log: readonly string[], error: string): Wrapped {
  const lines = log.map((line, second) => `INFO[${String(second).padStart(4, "0")}] ${line}`);
  return new Wrapped(
    `Job failed. Job logs:\n${[...lines, `error building image: ${error}`].join("\n")}`,
    ".../containerimagebuilderpusher/kaniko.go:577",
    [
      { text: "Failed to build and push container image", at: ".../platform/abstract/platform.go:1049" },
      { text: "Failed to build processor image", at: ".../processor/build/builder.go:260" },
    ],
  );
}

const hostOf = (reference: string) => reference.replace(/^https?:\/\//, "").split(/[/:]/)[0] ?? "";
