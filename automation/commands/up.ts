import { InvalidArgumentError, type Command } from "commander";
import type { UpFlags } from "../verbs/up.ts";
import { FORGET_LOST, stackCommand, WITHOUT_BACKUP, wholeNumber } from "./common.ts";

/** `up`: make the cluster what the stack file says. */
export function upCommand(): Command {
  return stackCommand("up", "make the cluster what the stack file says", "up --stack homelab")
    .option("--parallel <n>", "how many objects to work on at once", wholeNumber)
    .option("--force", "take over fields that other programs set, once; after an adoption or a killed run")
    .option("--forget-lost", FORGET_LOST)
    .option("--without-backup", WITHOUT_BACKUP)
    .option(
      "--plan <file>",
      "make only changes that stand in this plan of preview --save-plan; else change nothing and exit with 3",
    )
    .option("--digest <sha256>", "the digest that the plan must have, or its first digits", planDigest)
    .option("--dry-run", "with --plan: say whether it would be applied, and change nothing")
    .action(async (flags: UpFlags) => (await import("../verbs/up.ts")).up(flags));
}

/** At least 12 digits: nobody makes another plan that begins with them. */
function planDigest(text: string): string {
  const [, digest] = /^(?:sha256:)?([0-9a-f]{12,64})$/.exec(text.trim().toLowerCase()) ?? [];
  if (digest === undefined)
    throw new InvalidArgumentError("must be at least the first 12 digits of the plan's sha256.");
  return digest;
}
