import type { Command } from "commander";
import type { DriftFlags } from "../verbs/drift.ts";
import { stackCommand } from "./common.ts";

/** `drift`: what is there against what the last `up` made. */
export function driftCommand(): Command {
  return stackCommand(
    "drift",
    "show what was changed or deleted by hand since the last up; exits with 3 when there is something",
    "drift --report drift.md",
  )
    .option("--report <file>", "write it as Markdown too, for an issue")
    .option("--fix", "show it, ask, and bring back what the last up made: nothing else changes")
    .option("--dry-run", "with --fix: only show what would be repaired")
    .option("--yes <name>", "with --fix: do not ask; the stack's name")
    .option("--new-cluster <uid>", "with --fix: the lab's cluster was rebuilt, and is now the one with this UID")
    .action(async (flags: DriftFlags) => (await import("../verbs/drift.ts")).drift(flags));
}
