import bcrypt from "bcryptjs";
import { expect, test } from "vitest";
import { BCRYPT_ALPHABET, hashedPassword, SALT_LENGTH } from "../../components/clearml/passwords.ts";

const SALT = "Nq3./ZzAa09yTbUvWxKlM";
const hashIn = (text: string) => Buffer.from(text, "base64").toString("ascii");

test("the password fits its hash and no other does", () => {
  const hash = hashIn(hashedPassword("correct horse battery", SALT));
  expect(bcrypt.compareSync("correct horse battery", hash)).toBe(true);
  expect(bcrypt.compareSync("correct horse batterz", hash)).toBe(false);
});

test("the same password and salt give the same text, so that nothing shows as changed", () => {
  expect(hashedPassword("secret-1", SALT)).toBe(hashedPassword("secret-1", SALT));
  expect(hashedPassword("secret-1", SALT)).not.toBe(hashedPassword("secret-1", SALT.replace("N", "M")));
});

test("every character of bcrypt may end the salt, and the salt is kept as it is: Python's bcrypt refuses one that is not exact", () => {
  expect(new Set(BCRYPT_ALPHABET).size).toBe(64);
  for (const last of Array.from(BCRYPT_ALPHABET).filter((_, index) => index % 9 === 0)) {
    const salt = SALT.slice(0, -1) + last;
    expect(salt).toHaveLength(SALT_LENGTH);
    expect(hashIn(hashedPassword("x", salt)).slice(0, 29)).toBe(`$2b$10$${salt}.`);
  }
});

test("72 characters count to the last", () => {
  const longest = "x".repeat(71);
  expect(bcrypt.compareSync(`${longest}b`, hashIn(hashedPassword(`${longest}a`, SALT)))).toBe(false);
});

test.each([
  ["empty", ""],
  ["too long", "x".repeat(73)],
  ["not ASCII", "пароль-пароль"],
  ["of two lines", "first\nsecond"],
])("a password that is %s is refused, and the error does not show it", (_title, password) => {
  expect(() => hashedPassword(password, SALT)).toThrow("a password must be 1 to 72 printable ASCII characters");
});

test.each(["", "short", `${SALT}x`, SALT.replace("N", "$")])("the salt %j is refused", (salt) => {
  expect(() => hashedPassword("x", salt)).toThrow("a salt must be 21 characters of bcrypt's");
});
