import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/** The sha256 of a file, in hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/**
 * The sha256 that a publisher's text says of a file: the only one in it, as in the `.sha256` beside a program, or that of the file's line, as
 * sha256sum writes them. `undefined`: it says none.
 */
export function sumIn(text: string, file: string): string | undefined {
  const lines = text.split("\n").flatMap((line) => {
    const [, sum, name = ""] = /^([0-9a-f]{64})(?:\s+\*?(?:\.\/)?(\S+))?\s*$/i.exec(line) ?? [];
    return sum === undefined ? [] : [{ sum: sum.toLowerCase(), name }];
  });
  const only = lines.length === 1 && text.trim().split("\n").length === 1 ? lines[0] : undefined;
  return (only ?? lines.find(({ name }) => name === file))?.sum;
}
