import type { Command } from "commander";
import type { RecoverFlags } from "../verbs/recover.ts";
import { stackCommand } from "./common.ts";

/** `recover`: clear a stack of what a killed run left, without running anything. */
export function recoverCommand(): Command {
  return stackCommand(
    "recover",
    "clear what a killed run left: plugins, lock, pending operations; nothing in the lab changes",
    "recover --stack homelab && pulumi up --stack homelab",
  )
    .option("--dry-run", "only show what would be cleared")
    .action(async (flags: RecoverFlags) => (await import("../verbs/recover.ts")).recover(flags));
}
