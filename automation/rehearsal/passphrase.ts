import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { stackKeyOf, type StackKey } from "../engine/sealing.ts";

/** What the secrets of a rehearsal's stack open with. */
export interface Passphrase {
  text: string;
  key: StackKey;
}

/**
 * Made once per rehearsal: a kept one is updated by later runs. The key lies beside the passphrase, from which it would take a third of a
 * second to make it again; both files are the user's alone.
 */
export async function passphraseIn(home: string): Promise<Passphrase> {
  const text = await kept(path.join(home, "passphrase"), () => Promise.resolve(randomBytes(24).toString("hex")));
  const key = await kept(path.join(home, "stack-key"), async () => {
    const { salt, key } = await stackKeyOf(text);
    return [salt, key.toString("base64")].join("\n");
  });
  const [salt = "", bytes = ""] = key.split("\n");
  return { text, key: { salt, key: Buffer.from(bytes, "base64") } };
}

async function kept(file: string, make: () => Promise<string>): Promise<string> {
  const before = await readFile(file, "utf8").catch(() => undefined);
  if (before !== undefined) return before;
  const made = await make();
  await writeFile(file, made, { mode: 0o600 });
  return made;
}
