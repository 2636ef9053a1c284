import path from "node:path";
import { Command, Option } from "commander";
import { PROJECT_FOLDER } from "../project.ts";
import type { OpenFlags, StackBackupFlags } from "../verbs/backup-stack.ts";
import { stackCommand } from "./common.ts";

/** `backup stack` and `backup open`: what the stack itself begins again with, in one encrypted file. */
export const stackCommands = (): Command[] => [makeStackCommand(), openCommand()];

function makeStackCommand(): Command {
  return stackCommand(
    "stack",
    "write what the stack itself begins again with into one encrypted file: state, stack file, what it names, kubeconfig",
    "backup stack --to lab.age",
  )
    .requiredOption("--to <file>", "the file; one that is there already is not overwritten")
    .option("--passphrase-file <file>", "whose first line encrypts it (default: you are asked for one)")
    .addOption(new Option("--recipient <key>", "public key of age to encrypt it to: age1…").conflicts("passphraseFile"))
    .option("--with-passphrase", "put the stack's own passphrase in too: the file's is then all that is needed")
    .option("--force", "overwrite it")
    .action(async (flags: StackBackupFlags) => {
      await (await import("../verbs/backup-stack.ts")).make(flags);
    });
}

/** The stack's name is in the file. */
function openCommand(): Command {
  return new Command("open")
    .description("put a stack back from such a file: its files into a folder, its state into the backend")
    .argument("<file>", "what `backup stack` wrote")
    .addOption(
      new Option("--folder <path>", "where the stack file goes, and Pulumi.yaml lies")
        .default(PROJECT_FOLDER, "this program's folder")
        .argParser((folder) => path.resolve(folder)),
    )
    .option("--passphrase-file <file>", "whose first line opens it (default: you are asked for it)")
    .addOption(
      new Option("--identity <file>", "with the private key of age, where it is encrypted to one").conflicts(
        "passphraseFile",
      ),
    )
    .option("--json", "one JSON document on stdout, everything else on stderr")
    .addHelpText("after", "\nExample:\n  npm run platform -- backup open lab.age")
    .action(async (file: string, flags: OpenFlags) => {
      await (await import("../verbs/backup-stack.ts")).open(file, flags);
    });
}
