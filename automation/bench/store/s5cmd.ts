import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../../components/program/errors.ts";
import { cacheFolder } from "../../cache.ts";
import { buildEnvironment, compilersAtOnce, findGo } from "../../tools/go.ts";

const MODULE = path.join(import.meta.dirname, "s5cmd");

/**
 * The program s5cmd, which the data verbs are measured beside: built once by Go as `s5cmd/go.mod` pins it (40 s on two cores), into the user's
 * cache.
 * @throws UserError where there is no Go, or it does not build
 */
export async function s5cmd(): Promise<string> {
  const pins = createHash("sha256")
    .update(await readFile(path.join(MODULE, "go.sum")))
    .digest("hex");
  const target = path.join(cacheFolder(), "bench", `s5cmd-${pins.slice(0, 12)}`);
  const isThere = await access(target).then(
    () => true,
    () => false,
  );
  if (isThere) return target;
  const go = await findGo();
  if ("problem" in go) throw new UserError(`s5cmd is built by Go: ${go.problem}.`);
  await mkdir(path.dirname(target), { recursive: true });
  const words = ["build", "-p", String(compilersAtOnce()), "-o", `${target}.new`, "github.com/peak/s5cmd/v2"];
  const built = await execa(go.file, words, {
    cwd: MODULE,
    env: buildEnvironment(),
    extendEnv: false,
    all: true,
    reject: false,
  });
  if (built.failed) throw new UserError(`s5cmd does not build:\n${built.all}`);
  await rename(`${target}.new`, target);
  return target;
}
