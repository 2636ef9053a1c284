import { Command } from "commander";
import { SCHEMA_FILE } from "../project.ts";
import type { StackFlags } from "../verbs/flags.ts";
import { stackCommand } from "./common.ts";

/** `config check` and `config schema`. */
export function configCommand(): Command {
  return new Command("config")
    .description("check a stack file; print the JSON Schema of stack files")
    .addCommand(
      stackCommand(
        "check",
        "check a stack file: every problem at once, with its cure",
        "config check --stack homelab",
      ).action(async (flags: StackFlags) => (await import("../verbs/config.ts")).check(flags)),
    )
    .addCommand(
      new Command("schema")
        .description("print the JSON Schema of stack files")
        .option("--write", `write it to ${SCHEMA_FILE} instead`)
        .addHelpText("after", "\nExample:\n  npm run --silent platform -- config schema > stack.schema.json")
        .action(async (flags: { write?: true }) => (await import("../verbs/config.ts")).schema(flags)),
    );
}
