import type { Command } from "commander";
import type { DestroyFlags } from "../verbs/destroy.ts";
import { FORGET_LOST, stackCommand } from "./common.ts";

/** `destroy`: remove the lab's objects; every volume, definition and namespace with data in it stays. */
export function destroyCommand(): Command {
  return stackCommand(
    "destroy",
    "remove the lab from the cluster; data stays, and up takes it back",
    "destroy --dry-run",
  )
    .option("--dry-run", "only show what would go and what would stay")
    .option("--yes", "do not ask")
    .option(
      "--leave-object-store",
      "leave the store's users and policies as they are: for a store that is gone for good",
    )
    .option("--forget-lost", FORGET_LOST)
    .action(async (flags: DestroyFlags) => (await import("../verbs/destroy.ts")).destroy(flags));
}
