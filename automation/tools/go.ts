import { availableParallelism, homedir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import semver from "semver";
import { onPath } from "./found.ts";
import { shellWord } from "../shell-word.ts";

/** The oldest Go that builds every module under `tools/` (their `go` lines). */
export const GO_NEEDED = "1.26.0";

/** Go as it is here: a usable one, or why there is none. */
export type GoSearch = { file: string; version: string } | { problem: string };

/** The Go of this machine, on PATH or where its own installer puts it. */
export async function findGo(env: NodeJS.ProcessEnv = process.env): Promise<GoSearch> {
  const [file] = [...onPath("go", env), ...onPath("go", { PATH: "/usr/local/go/bin" })];
  if (!file) return { problem: "Go is not on PATH" };
  const { stdout } = await execa(file, ["env", "GOVERSION"], { reject: false, env: { GOTOOLCHAIN: "local" } });
  const version = semver.coerce(stdout)?.version;
  if (version && semver.gte(version, GO_NEEDED)) return { file, version };
  return { problem: `${file} is Go ${version ?? "of an unknown version"}, and ${GO_NEEDED} or newer is needed` };
}

/**
 * The environment of a build: nothing of the user's own Go settings may change what comes out, and Go neither fetches
 * another toolchain nor asks git for a version.
 */
export function buildEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...env,
    CGO_ENABLED: "0",
    GOTOOLCHAIN: "local",
    GOFLAGS: "-mod=readonly -trimpath -buildvcs=false",
    GOWORK: "off",
    GOOS: undefined,
    GOARCH: undefined,
    // Nothing but a home folder is needed, which a bare service account may lack.
    HOME: env["HOME"] ?? homedir(),
  };
}

const BYTES_PER_COMPILER = 2.5e9;
const MOST_COMPILERS = 2;

/** How many packages are compiled at once: what keeps the largest of these builds under 6 GB. */
export function compilersAtOnce(cores = availableParallelism(), freeBytes = process.availableMemory()): number {
  return Math.max(1, Math.min(cores, MOST_COMPILERS, Math.floor(freeBytes / BYTES_PER_COMPILER)));
}

/** Commands as a person types them, one after the other, in a module's folder. */
export function asTyped(
  folder: string,
  commands: readonly (readonly string[])[],
  env: Readonly<Record<string, string>> = {},
): string {
  const set = Object.entries({ CGO_ENABLED: "0", GOTOOLCHAIN: "local", ...env }).map((pair) => pair.join("="));
  const lines = commands.map((words) => [...set, ...words.map(shellWord)].join(" "));
  return [`cd ${path.relative(process.cwd(), folder) || "."}`, ...lines].join(" && ");
}
