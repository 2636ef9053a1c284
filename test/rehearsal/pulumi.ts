import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { PROJECT_FOLDER, RUN_TYPESCRIPT } from "../../automation/project.ts";
import type { Rehearsal } from "../../automation/rehearsal/rehearse.ts";

const HOST = path.resolve(import.meta.dirname, "language-host.ts");

export interface Door {
  /** Whose program runs. Default: this one. */
  checkout?: string;
  /** Over the rehearsal's. Default: nothing. */
  env?: Readonly<Record<string, string>>;
}

/**
 * Pulumi's own command line in the checkout, as a person who does not use our verbs runs it: its Pulumi.yaml, the engine, and the backend
 * and programs of a rehearsal.
 */
export async function pulumi(
  { home, env }: Rehearsal,
  args: readonly string[],
  { checkout = PROJECT_FOLDER, env: over = {} }: Door = {},
) {
  const host = path.join(home.folder, "bin", "pulumi-language-nodejs");
  await writeFile(host, `#!/bin/sh\nexec "${process.execPath}" "${RUN_TYPESCRIPT}" "${HOST}" "$@"\n`);
  await chmod(host, 0o755);
  // The Kubernetes plugin leaves copies of the kubeconfig there.
  const temporary = path.join(home.folder, "tmp");
  await mkdir(temporary, { recursive: true });
  return execa("pulumi", [...args, "--non-interactive"], {
    cwd: checkout,
    // An error that Node runs wild on (components/program/run-errors.ts) takes 3 GB; the program itself a tenth of that.
    env: { ...env, TMPDIR: temporary, NODE_OPTIONS: "--max-old-space-size=1024", ...over },
    reject: false,
    stdin: "ignore",
  });
}
