import { Option, type Command } from "commander";
import type { PreviewFlags } from "../verbs/preview.ts";
import { stackCommand, wholeNumber } from "./common.ts";

/** `preview`: what `up` would change, object by object. */
export function previewCommand(): Command {
  return stackCommand("preview", "show what up would change, object by object", "preview --report preview.md")
    .option("--report <file>", "write what a reviewer should know too, as Markdown for a comment")
    .addOption(
      new Option("--report-format <format>", "md, or json with all of it (default: by the file's name)").choices([
        "md",
        "json",
      ]),
    )
    .option("--exit-code", "exit with 3 when something would change")
    .option("--parallel <n>", "how many objects to work on at once", wholeNumber)
    .action(async (flags: PreviewFlags) => (await import("../verbs/preview.ts")).preview(flags));
}
