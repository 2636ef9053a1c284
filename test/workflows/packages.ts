import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { ROOT } from "./workflow.ts";

/**
 * A PATH on which `npm ci` takes the packages of this checkout; all else of npm is npm's.
 * @param bin folder for the program that does so
 */
export async function pathWithPackages(bin: string): Promise<string> {
  await mkdir(bin, { recursive: true });
  const npm = (await execa("sh", ["-c", "command -v npm"])).stdout;
  const packages = path.join(ROOT, "node_modules");
  const script = `#!/bin/sh\nif [ "$1" = ci ]; then exec ln -sfn '${packages}' node_modules; fi\nexec '${npm}' "$@"\n`;
  await writeFile(path.join(bin, "npm"), script, { mode: 0o755 });
  return `${bin}:${process.env["PATH"] ?? ""}`;
}
