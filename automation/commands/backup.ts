import { Argument, Command, Option } from "commander";
import { PARTS, type Part } from "../../components/backup/parts.ts";
import { VOLUMES } from "../../components/backup/volumes/volume.ts";
import { UserError } from "../../components/program/errors.ts";
import type { CreateFlags } from "../verbs/backup.ts";
import type { DrillFlags, RestoreFlags, VerifyFlags } from "../verbs/backup-back.ts";
import type { DatabaseFlags } from "../verbs/backup-database.ts";
import type { RestoreVolumeFlags, VerifyVolumeFlags } from "../verbs/backup-volume.ts";
import type { WholeFlags } from "../verbs/backup-whole.ts";
import type { StackFlags } from "../verbs/flags.ts";
import { stackCommands } from "./backup-stack.ts";
import { stackCommand } from "./common.ts";

/** `backup`: to have backups made now, and to see those that there are. */
export function backupCommand(): Command {
  const command = new Command("backup").description(
    "backups: have one made now, list, check and restore them, see how it is with them",
  );
  command.addCommand(
    stackCommand(
      "create",
      "make a backup now, as the CronJob does on its schedule, and follow it to its end. Ctrl-C leaves it at work in the cluster",
      "backup create projects --project Roads",
    )
      .addArgument(new Argument("[part]", "what").choices(PARTS).default("projects"))
      .option("--project <name>", "this project of CVAT alone, by its name or number")
      .option("--accept-smaller", "of volumes: take one as it is that has lost more than half of its files")
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
  command.addCommand(
    stackCommand(
      "verify",
      "open the newest backup of each project where it lies, and hold counts and annotations against what CVAT had; or hold the bucket against a volume's",
      "backup verify --project Roads",
    )
      .option("--project <name>", PROJECT)
      .addOption(volumeOption("whether each file's content is there").conflicts("project"))
      .option("--backup <stamp>", STAMP)
      .option("--whole", "read every byte, and hold them against the sha256 of when it was made")
      .action(async (flags: VerifyFlags & Partial<VerifyVolumeFlags>) => {
        if (flags.volume === undefined) await (await import("../verbs/backup-back.ts")).verify(flags);
        else await (await import("../verbs/backup-volume.ts")).verifyVolume({ ...flags, volume: flags.volume });
      }),
  );
  command.addCommand(
    stackCommand(
      "restore",
      "put back a project, beside one that is there, a database, in its place, a volume's files, or the whole lab. Asked for once more it goes on where it was killed",
      "backup restore --project Roads --to other",
    )
      .option("--project <name>", PROJECT)
      .addOption(
        new Option(
          "--all",
          "the whole lab, into an empty cluster: each database from its newest dump, then projects whose backups have more",
        ).conflicts([...OF_PROJECTS, "database", "volume", "overwrite", "backup", "scaleDown"]),
      )
      .option("--all-projects", "every project that is gone from CVAT")
      .option("--backup <stamp>", STAMP)
      .option("--to <organization>", "organization that it comes into. Default: its own")
      .option("--name <name>", "name that it gets. Default: its own, with the date where there is one of that name")
      .option("--dry-run", "say what would be done and what would be lost, and do nothing")
      .addOption(
        new Option("--database <name>", "CVAT's PostgreSQL or ClearML's MongoDB, as its dump has it")
          .choices(["postgresql", "mongodb"])
          .conflicts(OF_PROJECTS),
      )
      .addOption(
        new Option(
          "--identity <file>",
          "with the private key of age, of a dump that is encrypted; it stays on this machine",
        ).conflicts(OF_PROJECTS),
      )
      .addOption(
        new Option("--scale-down", "scale down what uses the database, and up again at the end").conflicts(OF_PROJECTS),
      )
      .addOption(
        volumeOption("files that are gone or older than in its backup").conflicts([...OF_PROJECTS, ...OF_DATABASES]),
      )
      .addOption(new Option("--overwrite", "of a volume: replace what is newer there too").conflicts(OF_PROJECTS))
      .option("--replace", "with --all: also where the lab has work of its own, which is lost then")
      .option("--yes", "with --all: do not ask")
      .action(
        async (
          flags: RestoreFlags & Partial<DatabaseFlags> & Partial<RestoreVolumeFlags> & WholeFlags & { all?: true },
        ) => {
          const { all, database, volume, ...rest } = flags;
          if (!all && (flags.replace ?? flags.yes))
            throw new UserError("--replace and --yes are of the whole lab: --all.", { exitCode: 2 });
          if (all) await (await import("../verbs/backup-whole.ts")).restoreWhole(rest);
          else if (database !== undefined)
            await (await import("../verbs/backup-database.ts")).restoreDatabase({ ...rest, database });
          else if (volume !== undefined)
            await (await import("../verbs/backup-volume.ts")).restoreVolume({ ...rest, volume });
          else await (await import("../verbs/backup-back.ts")).restore(rest);
        },
      ),
  );
  command.addCommand(
    stackCommand(
      "drill",
      "try now whether backups can be restored, as a CronJob does each week: into an organization of its own, which goes again",
      "backup drill",
    )
      .option("--project <name>", PROJECT)
      .action(async (flags: DrillFlags) => {
        await (await import("../verbs/backup-back.ts")).drill(flags);
      }),
  );
  for (const one of stackCommands()) command.addCommand(one);
  return command;
}

const volumeOption = (what: string) =>
  new Option("--volume <name>", `of CVAT's data claim or of ClearML's file server: ${what}`).choices(VOLUMES);

/** What has no meaning for a database or a volume: one that was asked for beside it would be passed over. */
const OF_PROJECTS = ["project", "allProjects", "to", "name"];
const OF_DATABASES = ["database", "identity", "scaleDown"];
const PROJECT = "this project alone, by its name, its number or ORGANIZATION/NAME";
const STAMP = "that of this stamp, such as 20261201T014700Z. Default: the newest";
