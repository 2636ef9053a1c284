import { createHash } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { UserError } from "../../components/program/errors.ts";
import { isMap } from "../../components/program/maps.ts";
import { canonical, isSeal, type PlanKey } from "./hmac.ts";
import { FORMAT, planSchema, VERSION, type SavedPlan } from "./plan.ts";

/** A plan in a file. */
export interface PlanFile {
  file: string;
  plan: SavedPlan;
  /** The first 16 digits of the file's sha256, as `sha256sum` prints it. */
  digest: string;
}

/** A new homelab's is a twentieth of it. */
const MOST_BYTES = 64 * 1024 ** 2;
const DIGITS = 16;

type Unsealed = Omit<SavedPlan, "seal">;

/** Writes a plan, for its owner alone, at one go: nobody reads half of one. @returns its digest */
export async function writePlan(file: string, unsealed: Unsealed, key: PlanKey): Promise<string> {
  const plan: SavedPlan = { ...unsealed, seal: key.seal(canonical(unsealed)) };
  const text = `${JSON.stringify(plan, null, 1)}\n`;
  if (text.length > MOST_BYTES)
    throw new UserError(
      `--save-plan ${file}: the plan is larger than the ${MOST_BYTES >> 20} MiB that up --plan takes.`,
    );
  const scratch = `${file}.${process.pid}.new`;
  try {
    await writeFile(scratch, text, { mode: 0o600, flag: "wx" });
    await rename(scratch, file);
  } catch (error) {
    throw new UserError(`--save-plan ${file} cannot be written (${codeOf(error)}): name a file where you may write.`, {
      cause: error,
    });
  } finally {
    await rm(scratch, { force: true });
  }
  return digestOf(Buffer.from(text));
}

/**
 * Reads a plan. Whether it was sealed with the stack's passphrase is for {@link assertSealed} to say.
 * @param digest that it must have, or the beginning of it. Default: any
 * @throws UserError with one sentence
 */
export async function readPlan(file: string, stack: string, digest: string | undefined): Promise<PlanFile> {
  const refuse = (why: string, exitCode: 1 | 2 = 1) => new UserError(`--plan ${file} ${why}`, { exitCode });
  const bytes = await bytesOf(file).catch((error: unknown) => {
    throw refuse(`cannot be read (${codeOf(error)}).`, 2);
  });
  if (bytes === undefined) throw refuse(`is larger than the ${MOST_BYTES >> 20} MiB that a plan may have.`);
  const own = createHash("sha256").update(bytes).digest("hex");
  if (digest !== undefined && !own.startsWith(digest))
    throw refuse(`is another plan than --digest names: its digest is ${own.slice(0, DIGITS)}.`);
  const content = jsonOf(bytes);
  if (!isMap(content) || content["format"] !== FORMAT)
    throw refuse("is damaged, or no plan of preview --save-plan: save it again.");
  if (content["version"] !== VERSION)
    throw refuse(
      `is a plan of format version ${String(content["version"])}, and this program knows version ${VERSION}: save it again with this one.`,
    );
  const found = planSchema.safeParse(content);
  if (!found.success) throw refuse("is damaged: save it again.");
  if (found.data.stack !== stack) throw refuse(`is a plan of stack ${found.data.stack}, not of ${stack}.`);
  return { file, plan: found.data, digest: own.slice(0, DIGITS) };
}

/** @throws UserError where a plan is not what was saved with this key */
export function assertSealed({ file, plan: { seal, ...unsealed } }: PlanFile, key: PlanKey): void {
  if (!isSeal(seal, key.seal(canonical(unsealed))))
    throw new UserError(
      `--plan ${file} is not as it was saved: somebody changed it, or made it without the stack's passphrase.`,
    );
}

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, DIGITS);

/** Undefined where there is more than a plan may have. */
async function bytesOf(file: string): Promise<Buffer | undefined> {
  const found = await stat(file);
  // What is no file, such as a pipe, may have no end.
  if (!found.isFile()) throw Object.assign(new Error("no file"), { code: "it is no file" });
  return found.size > MOST_BYTES ? undefined : readFile(file);
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);
