import type { Command } from "commander";
import type { PreviewFlags } from "../verbs/preview.ts";
import { stackCommand, wholeNumber } from "./common.ts";

/** `preview`: what `up` would change, object by object. */
export function previewCommand(): Command {
  return stackCommand("preview", "show what up would change, object by object", "preview --report preview.md")
    .option("--report <file>", "write it as Markdown too")
    .option("--exit-code", "exit with 3 when something would change")
    .option("--parallel <n>", "how many objects to work on at once", wholeNumber)
    .action(async (flags: PreviewFlags) => (await import("../verbs/preview.ts")).preview(flags));
}
