import bcrypt from "bcryptjs";

/** bcrypt's own order of its 64 characters. */
export const BCRYPT_ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Characters of salt to draw. bcrypt takes 22, of which the last may carry only two bits; `.` has none. */
export const SALT_LENGTH = 21;

const ROUNDS = 10;
const LONGEST = 72;

/**
 * The form in which ClearML keeps a fixed user's password with `pass_hashed`: base64 of a bcrypt hash (apiserver auth.py,
 * compare_secret_key_hash). The same password and salt give the same text, so an unchanged stack shows no difference.
 * @param password printable ASCII, 72 bytes at most: the server reads sign-ins as Latin-1 and its bcrypt refuses more
 * @param salt {@link SALT_LENGTH} characters of {@link BCRYPT_ALPHABET}
 * Throws RangeError, without the password in it, when either is not so.
 */
export function hashedPassword(password: string, salt: string): string {
  if (!/^[\x20-\x7e]+$/.test(password) || password.length > LONGEST) {
    throw new RangeError(`a password must be 1 to ${LONGEST} printable ASCII characters`);
  }
  if (!/^[./A-Za-z0-9]{21}$/.test(salt)) throw new RangeError(`a salt must be ${SALT_LENGTH} characters of bcrypt's`);
  const hash = bcrypt.hashSync(password, `$2b$${ROUNDS}$${salt}.`);
  return Buffer.from(hash, "ascii").toString("base64");
}
