import path from "node:path";
import { Argument, Command, Option } from "commander";
import { PARTS, type Part } from "../../components/backup/parts.ts";
import { PROJECT_FOLDER } from "../project.ts";
import type { OpenFlags, StackBackupFlags } from "../verbs/backup-stack.ts";
import type { CreateFlags } from "../verbs/backup.ts";
import type { StackFlags } from "../verbs/flags.ts";
import { stackCommand } from "./common.ts";

/** `backup`: to have backups made now, and to see those that there are. */
export function backupCommand(): Command {
  const command = new Command("backup").description("backups: have one made now, list them, see how it is with them");
  command.addCommand(
    stackCommand(
      "create",
      "make a backup now, as the CronJob does on its schedule, and follow it to its end. Ctrl-C leaves it at work in the cluster",
      "backup create projects --project Roads",
    )
      .addArgument(new Argument("[part]", "what").choices(PARTS).default("projects"))
      .option("--project <name>", "this project of CVAT alone, by its name or number")
      .action(async (part: Part, flags: CreateFlags) => {
        await (await import("../verbs/backup.ts")).create(part, flags);
      }),
  );
  command.addCommand(
    stackCommand("ls", "the backups that there are, the newest first", "backup ls --json").action(
      async (flags: StackFlags) => {
        await (await import("../verbs/backup.ts")).list(flags);
      },
    ),
  );
  command.addCommand(
    stackCommand(
      "status",
      "how it is with backups: the last run of each, what failed, what is overdue; exit code 3 where something is wrong",
      "backup status --stack homelab",
    ).action(async (flags: StackFlags) => {
      await (await import("../verbs/backup.ts")).status(flags);
    }),
  );
  command.addCommand(makeStackCommand());
  command.addCommand(openCommand());
  return command;
}

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
