import { Argument, Command } from "commander";
import { PARTS, type Part } from "../../components/backup/parts.ts";
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
  return command;
}
