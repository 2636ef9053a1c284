import { Command, Option } from "commander";
import type { BackupRestoreFlags } from "../verbs/backup-restore.ts";
import { stackCommand } from "./common.ts";

/** `backup`: what was kept of a lab, and bringing it back. */
export function backupCommand(): Command {
  return new Command("backup").description("what was kept of a lab, and bringing it back").addCommand(restoreCommand());
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
    .action(async (flags: BackupRestoreFlags) => (await import("../verbs/backup-restore.ts")).backupRestore(flags));
}
