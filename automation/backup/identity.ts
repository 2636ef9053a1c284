import * as age from "age-encryption";
import { UserError } from "../../components/program/errors.ts";
import { givenFile } from "./given-file.ts";

/**
 * What opens files of age by the private keys in a file, as age-keygen writes it. They stay on this machine.
 * @throws UserError, exit code 2, with nothing of a key
 */
export async function decrypterWith(file: string): Promise<age.Decrypter> {
  const text = (await givenFile(file)).toString("utf8");
  const keys = text.split("\n").filter((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (keys.length === 0) throw new UserError(`${file} has no line that begins with AGE-SECRET-KEY-.`, { exitCode: 2 });
  const decrypter = new age.Decrypter();
  try {
    for (const key of keys) decrypter.addIdentity(key.trim());
  } catch {
    // Its words may have the key in them.
    throw new UserError(`${file} has a private key that is cut or mistyped.`, { exitCode: 2 });
  }
  return decrypter;
}
