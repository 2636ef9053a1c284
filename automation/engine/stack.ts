import path from "node:path";
import * as auto from "@pulumi/pulumi/automation/index.js";
import program from "../../index.ts";
import { cacheFolder } from "../cache.ts";
import { PROJECT } from "../../components/lab/sections.ts";
import type { BackupsBeforeMoves } from "../../components/preflight/backup-before-move.ts";
import { UserError } from "../../components/program/errors.ts";
import { engineCommand } from "./command.ts";
import { orRefusal, refusal } from "./refusal.ts";
import { keepSecretsInTransforms } from "./secrets.ts";

export interface StackOptions {
  stack: string;
  /** Folder of Pulumi.yaml and of the stack file. */
  folder: string;
  /** Folder whose `bin/pulumi` is the engine. */
  engine: string;
  /** Environment of the engine, over the process's own. From Node 22.1 its plugins keep what they have compiled in our cache. */
  env: Record<string, string>;
  /** Whether to make the stack when it is not there. Its file is: a typo makes none. */
  create: boolean;
  /** What the program does about backups before another release is installed. Default: they are wanted. */
  backups?: BackupsBeforeMoves | undefined;
}

/**
 * The stack, with the one program that every door runs.
 * @throws UserError when it is not there and is not to be made, and with what the engine refuses: no passphrase, no backend.
 */
export async function openStack({ stack, folder, engine, env, create, backups }: StackOptions): Promise<auto.Stack> {
  keepSecretsInTransforms();
  const args = {
    stackName: stack,
    projectName: PROJECT,
    program: () => program({ folder, ...(backups && { backups }) }),
  };
  const envVars = { NODE_COMPILE_CACHE: path.join(cacheFolder(), "node"), ...env };
  const options = { workDir: folder, envVars, pulumiCommand: engineCommand(engine) };
  if (create) return orRefusal(auto.LocalWorkspace.createOrSelectStack(args, options));
  try {
    return await auto.LocalWorkspace.selectStack(args, options);
  } catch (error) {
    if (!(error instanceof auto.StackNotFoundError)) throw refusal(error);
    throw new UserError(
      `There is no stack ${stack} in this backend. Make it first: npm run platform -- up --stack ${stack}`,
      { exitCode: 2, cause: error },
    );
  }
}
