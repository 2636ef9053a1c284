import { createHmac, timingSafeEqual } from "node:crypto";
import { UserError } from "../../components/program/errors.ts";
import { isMap } from "../../components/program/maps.ts";
import { keyOpening, passphraseIn, stackKeyOf } from "../engine/sealing.ts";

/** The key of one plan, made of the stack's passphrase and of the plan's own salt: marks of two plans tell nothing of each other. */
export interface PlanKey {
  salt: string;
  /** A secret's mark: another secret has another. Nobody without the passphrase finds out by it what the secret is, or whether two are the same. */
  mark: (place: readonly string[], value: unknown) => string;
  /** Proves that a text was written by somebody who has the passphrase. */
  seal: (text: string) => string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** 128 bits: as readable as it can be. */
const MARK_BYTES = 16;

/** A key for a new plan. @throws UserError where the stack's secrets do not open with a passphrase */
export async function newPlanKey(env: Environment): Promise<PlanKey> {
  const { salt, key } = await stackKeyOf(await passphrase(env));
  return keyOf(salt, key);
}

/** The key that a plan was made with. @returns undefined where the passphrase is another one */
export async function planKeyOf(salt: string, env: Environment): Promise<PlanKey | undefined> {
  const key = await keyOpening(await passphrase(env), salt);
  return key && keyOf(salt, key);
}

async function passphrase(env: Environment): Promise<string> {
  const text = await passphraseIn(env);
  if (text !== undefined) return text;
  throw new UserError(
    "A plan is sealed with the stack's passphrase: set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, for preview --save-plan and up --plan alike.",
  );
}

function keyOf(salt: string, key: Buffer): PlanKey {
  const hmac = (use: string, text: string) => createHmac("sha256", key).update(`${use}\0${text}`).digest();
  return {
    salt,
    mark: (place, value) =>
      hmac("secret", canonical([place, value]))
        .subarray(0, MARK_BYTES)
        .toString("base64url"),
    seal: (text) => hmac("plan", text).toString("base64url"),
  };
}

/** Whether two seals are the same, in a time that does not tell how far they are. */
export function isSeal(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

/** JSON with its keys in one order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isMap(inner) ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1))) : inner,
  );
}
