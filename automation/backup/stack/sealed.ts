import * as age from "age-encryption";
import { UserError } from "../../../components/program/errors.ts";
import { decrypterWith } from "../identity.ts";

/** What a file is encrypted with, or to. */
export type Lock = { passphrase: string } | { recipient: string };
/** What opens one: the passphrase, or a file with private keys of age. */
export type Key = { passphrase: string } | { identity: string };

/** A passphrase is guessed at leisure by whoever has the file. */
const SHORTEST = 12;

/** @throws UserError, exit code 2, for a passphrase that is soon guessed, and for what is no public key */
export function lockOf(asked: Lock): Lock {
  if ("recipient" in asked) {
    try {
      new age.Encrypter().addRecipient(asked.recipient);
    } catch {
      throw new UserError("--recipient must be a public key of age, as age-keygen prints it: age1…", { exitCode: 2 });
    }
  } else if (asked.passphrase.length < SHORTEST)
    throw new UserError(
      `The passphrase must have ${SHORTEST} characters and more: who has the file may guess as long as they like.`,
      { exitCode: 2 },
    );
  return asked;
}

/** A file of age, as its own program writes it. */
export async function sealed(content: Buffer, lock: Lock): Promise<Buffer> {
  const encrypter = new age.Encrypter();
  if ("passphrase" in lock) encrypter.setPassphrase(lock.passphrase);
  else encrypter.addRecipient(lock.recipient);
  return Buffer.from(await encrypter.encrypt(content));
}

/**
 * What lies in a file of age.
 * @param file how it is called to a person
 * @throws UserError where it does not open, with nothing of the key
 */
export async function opened(file: string, bytes: Buffer, key: Key): Promise<Buffer> {
  if (!bytes.subarray(0, FIRST.length).equals(FIRST))
    throw new UserError(`${file} is no file of age.`, { exitCode: 2 });
  const decrypter = "passphrase" in key ? byPassphrase(key.passphrase) : await decrypterWith(key.identity);
  try {
    return Buffer.from(await decrypter.decrypt(bytes));
  } catch (error) {
    // (age-encryption 0.3.1: what no key opens is told apart from what was changed or cut by its words alone)
    if (/no identity matched/.test((error as Error).message))
      throw new UserError(
        "passphrase" in key
          ? `${file} does not open with this passphrase${isToKey(bytes) ? ": it is encrypted to a key, name the file with its other half in --identity" : ""}.`
          : `${file} does not open with a key of ${key.identity}.`,
      );
    throw new UserError(`${file} is damaged or cut short: another copy of it is needed.`);
  }
}

const FIRST = Buffer.from("age-encryption.org/v1\n");

/** Whether a file is encrypted to a public key, which no passphrase opens. */
const isToKey = (bytes: Buffer) => bytes.subarray(FIRST.length).toString("latin1", 0, 10) === "-> X25519 ";

function byPassphrase(passphrase: string): age.Decrypter {
  const decrypter = new age.Decrypter();
  decrypter.addPassphrase(passphrase);
  return decrypter;
}
