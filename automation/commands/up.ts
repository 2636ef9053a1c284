import type { Command } from "commander";
import type { UpFlags } from "../verbs/up.ts";
import { FORGET_LOST, stackCommand, wholeNumber } from "./common.ts";

/** `up`: make the cluster what the stack file says. */
export function upCommand(): Command {
  return stackCommand("up", "make the cluster what the stack file says", "up --stack homelab")
    .option("--parallel <n>", "how many objects to work on at once", wholeNumber)
    .option("--force", "take over fields that other programs set, once; after an adoption or a killed run")
    .option("--forget-lost", FORGET_LOST)
    .action(async (flags: UpFlags) => (await import("../verbs/up.ts")).up(flags));
}
