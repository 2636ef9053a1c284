import { Command } from "commander";
import type { UpgradeCheckFlags } from "../verbs/upgrade.ts";
import { stackCommand } from "./common.ts";

/** `upgrade check`: what is known of the way from the versions that are there to others. */
export function upgradeCommand(): Command {
  return new Command("upgrade").description("say what is known of the way to other versions").addCommand(
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
}
