import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Document } from "yaml";

/**
 * What `pulumi config set --secret` does to a stack file whose secrets open with a passphrase, for many secrets in one go and with no process:
 * a call of the command line for each took 0.35 s. (pulumi: sdk/go/common/resource/config/crypt.go, pkg/secrets/passphrase/manager.go)
 */
export interface StackKey {
  /** `encryptionsalt` of the stack file, by which the engine makes the key again of the passphrase. */
  salt: string;
  /** AES-256. */
  key: Buffer;
}

/** A secret of the stack's configuration. */
export interface StackSecret {
  /** Where it stands below `config`: `["vision-platform:objectStore", "credentials", "secretKey"]`. */
  at: readonly (string | number)[];
  value: string;
}

const ITERATIONS = 1_000_000;
const KEY_BYTES = 32;
const SALT_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What the engine opens to see whether a passphrase fits. */
const PROOF = "pulumi";

/**
 * The key of a passphrase. It takes a third of a second: a passphrase is to be hard to guess.
 * @param salt default: a new one, for a stack that has none yet
 */
export async function stackKeyOf(passphrase: string, salt = randomBytes(SALT_BYTES)): Promise<StackKey> {
  const key = await promisify(pbkdf2)(passphrase, salt, ITERATIONS, KEY_BYTES, "sha256");
  return { salt: `v1:${salt.toString("base64")}:${seal(key, PROOF)}`, key };
}

/** A secret as it stands behind `secure:`. */
export function seal(key: Buffer, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
}

/** What stands behind `secure:`, in clear. @throws Error where another key sealed it, or it is damaged */
export function unseal(key: Buffer, sealed: string): string {
  const [, nonce = "", text = ""] = sealed.split(":");
  const bytes = Buffer.from(text, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
}

/**
 * The key of a passphrase and a salt that was made before.
 * @param salted as `encryptionsalt` has it: the salt, and what the key must open
 * @returns undefined where it is another passphrase
 */
export async function keyOpening(passphrase: string, salted: string): Promise<Buffer | undefined> {
  const [, salt = "", ...proof] = salted.split(":");
  const { key } = await stackKeyOf(passphrase, Buffer.from(salt, "base64"));
  try {
    return unseal(key, proof.join(":")) === PROOF ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The passphrase that the engine takes, from where it takes it. Undefined: none is set. (pulumi: pkg/secrets/passphrase/manager.go)
 */
export async function passphraseIn(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const { PULUMI_CONFIG_PASSPHRASE: text, PULUMI_CONFIG_PASSPHRASE_FILE: file } = env;
  if (text !== undefined || !file) return text;
  return (await readFile(file, "utf8")).trim();
}

/** Writes secrets into a stack file, over what stands there. Any that is sealed in it already must be of the same key. */
export function sealInto(stackFile: Document, { salt, key }: StackKey, secrets: readonly StackSecret[]): void {
  stackFile.set("encryptionsalt", salt);
  for (const { at, value } of secrets) {
    stackFile.setIn(["config", ...at], stackFile.createNode({ secure: seal(key, value) }));
  }
}
