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
    .action(async (flags: DriftFlags) => (await import("../verbs/drift.ts")).drift(flags));
}
