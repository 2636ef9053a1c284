import { Option, type Command } from "commander";
import { UserError } from "../../components/program/errors.ts";
import type { PreviewFlags } from "../verbs/preview.ts";
import type { RehearsedPreviewFlags } from "../verbs/preview-rehearsed.ts";
import { chartOption, stackCommand, wholeNumber } from "./common.ts";

type Flags = PreviewFlags & RehearsedPreviewFlags & { rehearse?: true };

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
    .option("--save-plan <file>", "save what is shown, for up --plan to make just that")
    .option("--exit-code", "exit with 3 when something would change")
    .option("--parallel <n>", "how many objects to work on at once", wholeNumber)
    .option(
      "--rehearse",
      "without the lab: what the files as they are change on what --base left on a rehearsal cluster",
    )
    .option("--base <rev>", "with --rehearse: the commit to compare with (default: where the change begins from)")
    .addOption(chartOption())
    .action(async (flags: Flags) => {
      if (flags.rehearse) refuseOfRehearsal(flags);
      if (flags.rehearse) return (await import("../verbs/preview-rehearsed.ts")).previewRehearsed(flags);
      refuseWithoutRehearsal(flags);
      return (await import("../verbs/preview.ts")).preview(flags);
    });
}

/** @throws UserError of bad usage for flags that say how to rehearse */
function refuseWithoutRehearsal({ base, chart }: Flags): void {
  const given = [base === undefined ? [] : "--base", Object.keys(chart).length === 0 ? [] : "--chart"].flat();
  if (given.length > 0) throw new UserError(`${given.join(" and ")}: only with --rehearse.`, { exitCode: 2 });
}

/** @throws UserError of bad usage: what a rehearsal shows is of a lab that is not there */
function refuseOfRehearsal({ savePlan }: Flags): void {
  if (savePlan === undefined) return;
  const why =
    "a rehearsal knows neither the lab's state nor its secrets, so that its plan could not be held against either";
  throw new UserError(`--save-plan does not go with --rehearse: ${why}. Preview on the lab for a plan.`, {
    exitCode: 2,
  });
}
