import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../components/program/errors.ts";
import type { Progress } from "../progress.ts";
import { openUserStack } from "./door.ts";

export interface SetSecretOptions {
  stack: string;
  folder: string;
  /** As `pulumi config set --path` takes it. */
  key: string;
  value: string;
  progress: Progress;
}

/**
 * Sets a secret of the stack's configuration, by the engine: whatever the stack encrypts with, and with the comments of its file kept. The value
 * goes by stdin, since a command line is everybody's to read.
 * @throws UserError with what the engine says; {@link openUserStack}'s
 */
export async function setSecret({ stack, folder, key, value, progress }: SetSecretOptions): Promise<void> {
  const open = await openUserStack({ stack, folder, create: true, progress, reads: true });
  const { workspace } = open.stack;
  const program = open.tools.find(({ name }) => name === "pulumi")?.path ?? "pulumi";
  const { failed, stderr } = await execa(
    program,
    ["config", "set", "--path", "--secret", key, "--stack", stack, "--non-interactive"],
    { cwd: path.resolve(folder), env: workspace.envVars, input: value, reject: false },
  );
  if (failed)
    throw new UserError(
      `${key} could not be set in the stack file of ${stack}: ${stderr.split("\n")[0] ?? "no reason"}`,
    );
}
