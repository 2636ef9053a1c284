import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import path from "node:path";

/** What an image is built from. */
export interface Build {
  /** Absolute path of the folder with its Dockerfile. */
  context: string;
  /** Its full name. */
  reference: string;
  buildArgs: Readonly<Record<string, string>>;
  platform: string;
}

/**
 * Digest of everything an image is built from, in hexadecimal: names, contents and execute bits of its folder, arguments, platform, and its name.
 * Times and owners are left out: a fresh checkout has others.
 * @throws Error when the folder cannot be read
 */
export function buildDigest({ context, reference, buildArgs, platform }: Build): string {
  const hash = createHash("sha256");
  // Each text with its length, so that no two inputs run together into one.
  const add = (data: string | Buffer) => hash.update(`${Buffer.byteLength(data)}:`).update(data);
  add(reference);
  add(platform);
  for (const [name, value] of Object.entries(buildArgs).sort(([a], [b]) => (a < b ? -1 : 1))) add(`${name}=${value}`);
  for (const { name, kind, data } of filesOf(context)) {
    add(name);
    add(kind);
    add(data);
  }
  return hash.digest("hex");
}

function filesOf(folder: string): { name: string; kind: string; data: string | Buffer }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const name = path.relative(folder, file);
      return entry.isSymbolicLink()
        ? { name, kind: "link", data: readlinkSync(file) }
        : { name, kind: statSync(file).mode & 0o100 ? "program" : "file", data: readFileSync(file) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
