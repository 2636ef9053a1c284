import { Argument, Command, Option } from "commander";
import { PARTS, type Part } from "../../components/backup/parts.ts";
import type { RestoreFlags } from "../verbs/backup-restore.ts";
import type { CreateFlags } from "../verbs/backup.ts";
import type { StackFlags } from "../verbs/flags.ts";
import { stackCommand } from "./common.ts";

/** `backup`: to have backups made now, and to see those that there are. */
export function backupCommand(): Command {
  const command = new Command("backup").description(
    "backups: have one made now, list them, see how it is with them, put a database back",
  );
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
  command.addCommand(restoreCommand());
  return command;
}

function restoreCommand(): Command {
  return stackCommand(
    "restore",
    "put a database back as a dump has it, and say what that loses",
    "backup restore --database postgresql --scale-down",
  )
    .addOption(
      new Option("--database <name>", "CVAT's PostgreSQL or ClearML's MongoDB")
        .choices(["postgresql", "mongodb"])
        .makeOptionMandatory(),
    )
    .option("--backup <stamp>", "of the dump, such as 20261201T004700Z (default: the newest that is well)")
    .option("--identity <file>", "with the private key of age, where the dump is encrypted; it stays on this machine")
    .option("--scale-down", "scale down what uses the database, and up again at the end")
    .option("--dry-run", "read the dump, look at the database, and only say what would be lost")
    .action(async (flags: RestoreFlags) => {
      await (await import("../verbs/backup-restore.ts")).restore(flags);
    });
}
