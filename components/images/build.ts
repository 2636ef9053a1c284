import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { execa, ExecaError } from "execa";
import { lock } from "proper-lockfile";
import { UserError } from "../program/errors.ts";
import { BUILDERS, builderEnvironment, type Builder } from "./builders.ts";
import type { DeliveryConfig } from "./delivery-config.ts";
import { buildDigest, type Build } from "./context.ts";

/** What builds, as the configuration says. */
export interface BuilderChoice {
  builder: DeliveryConfig["builder"];
  builderPath?: string | undefined;
}

export interface FoundBuilder {
  builder: Builder;
  program: string;
}

const PROBE_MS = 20_000;
const LINES_OF_ERROR = 15;
const ARCHIVE_KEPT_MS = 7 * 24 * 3_600_000;

/**
 * The builder of this machine.
 * @param signal ends the look for it
 * @throws UserError saying what to install when none can work
 */
export async function findBuilder(
  choice: BuilderChoice,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<FoundBuilder> {
  const wanted = BUILDERS.filter(({ name }) => choice.builder === "auto" || choice.builder === name);
  const reasons: string[] = [];
  for (const builder of wanted) {
    const program = choice.builderPath ?? builder.name;
    try {
      await execa(program, builder.probe, { ...options(env, PROBE_MS), ...(signal && { cancelSignal: signal }) });
      return { builder, program };
    } catch (error) {
      signal?.throwIfAborted();
      reasons.push(`${program}: ${whyNot(error)}`);
    }
  }
  throw new UserError(
    `Nothing on this machine can build the image (${reasons.join("; ")}). Either ${wanted.map(({ cure }) => cure).join(", or ")}, ` +
      "or push the image to a registry that the nodes reach and set `delivery.by` to registry.",
  );
}

/**
 * The image as an archive in a folder of archives, built if it is not there. Two that want it at once build it once.
 * @param digest of what it is built from, as it was planned
 * @throws UserError with the end of the builder's words
 */
export async function archiveOf(
  build: Build & { digest: string; timeoutMs: number },
  choice: BuilderChoice,
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const archive = path.join(folder, `${build.digest}.tar`);
  const release = await lock(archive, { realpath: false, retries: { retries: 3600, factor: 1, minTimeout: 1_000 } });
  try {
    if (!(await isThere(archive))) await make(build, choice, { archive, env });
    await removeOld(folder, archive);
    return archive;
  } finally {
    await release();
  }
}

async function make(
  build: Build & { digest: string; timeoutMs: number },
  choice: BuilderChoice,
  { archive, env }: { archive: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  if (buildDigest(build) !== build.digest) {
    throw new UserError(`Files in ${build.context} changed since the run began. Run it again.`);
  }
  const { builder, program } = await findBuilder(choice, env);
  const part = `${archive}.part`;
  await rm(part, { force: true });
  try {
    await execa(program, builder.build(build), options(env, build.timeoutMs));
    await execa(program, builder.save(build.reference, part), options(env, build.timeoutMs));
    await rename(part, archive);
  } catch (error) {
    await rm(part, { force: true });
    throw new UserError(`${builder.name} could not build ${build.reference} from ${build.context}: ${whyNot(error)}`);
  }
}

const options = (env: NodeJS.ProcessEnv, timeout: number) =>
  ({ env: builderEnvironment(env), extendEnv: false, timeout, all: true, stdin: "ignore" }) as const;

function whyNot(error: unknown): string {
  if (!(error instanceof ExecaError)) return String(error);
  if (error.code === "ENOENT") return "not installed";
  if (error.timedOut) return "no end within its time limit";
  const words = ((error.all as string | undefined) ?? "").trim().split("\n").slice(-LINES_OF_ERROR).join("\n");
  return words || error.shortMessage;
}

/** Archives are large and can be built again. */
async function removeOld(folder: string, kept: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if (file === kept || !name.endsWith(".tar")) continue;
    const age = Date.now() - (await stat(file)).mtimeMs;
    if (age > ARCHIVE_KEPT_MS) await rm(file, { force: true });
  }
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
