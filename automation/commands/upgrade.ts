import { Argument, Command, Option } from "commander";
import { SYSTEMS, type System } from "../../components/preflight/versions.ts";
import type { UpgradeBackFlags } from "../verbs/upgrade-back.ts";
import type { UpgradeToFlags } from "../verbs/upgrade-to.ts";
import type { UpgradeCheckFlags } from "../verbs/upgrade.ts";
import { stackCommand, WITHOUT_BACKUP } from "./common.ts";

/** `upgrade`: what is known of the way from the versions that are there to others, that way, and the way back. */
export function upgradeCommand(): Command {
  const upgrade = new Command("upgrade").description("take CVAT or ClearML to another release, and back");
  upgrade.addCommand(
    stackCommand(
      "check",
      "from the versions that the stack has to those of the stack file: what changes, what is known to go wrong, what to do first",
      "upgrade check --to cvat@2.64.0",
    )
      .option(
        "--to <set>",
        "to this known-good set instead: SYSTEM@VERSION; may be repeated, once for each system",
        (name: string, before: string[]) => [...before, name],
        [],
      )
      .action(async (flags: UpgradeCheckFlags) => (await import("../verbs/upgrade.ts")).check(flags)),
  );
  for (const system of SYSTEMS)
    upgrade.addCommand(
      stackCommand(
        system,
        `take ${system} to another release: check, back its database up, preview, ask, up, try it out; interrupted, the same goes on`,
        `upgrade ${system} --to ${EXAMPLES[system]}`,
      )
        .requiredOption("--to <set>", "the known-good set: VERSION, or what upgrade check lists")
        .option("--yes", "do not ask before it is brought up")
        .option("--without-backup", WITHOUT_BACKUP)
        .action(async (flags: UpgradeToFlags) => (await import("../verbs/upgrade-to.ts")).upgradeTo(system, flags)),
    );
  upgrade.addCommand(
    stackCommand(
      "back",
      "take a system back to the release before, with its database as the last backup of that release has it",
      "upgrade back cvat",
    )
      .addArgument(new Argument("<system>", "which").choices(SYSTEMS))
      .option("--backup <stamp>", "to this backup of its database (default: the last one of the release before)")
      .addOption(new Option("--identity <file>", "file with the private key of age, of an encrypted backup"))
      .option("--yes", "do not ask before all that was made since is lost")
      .option("--without-backup", "do not back up the database as it is now before that")
      .action(async (system: System, flags: UpgradeBackFlags) =>
        (await import("../verbs/upgrade-back.ts")).upgradeBack(system, flags),
      ),
  );
  return upgrade;
}

const EXAMPLES: Readonly<Record<System, string>> = { cvat: "2.64.0", clearml: "7.14.7" };
