import { Option, type Command } from "commander";
import { HOSTS } from "../forge/where.ts";
import type { IssueFlags } from "../verbs/issue.ts";
import { stackCommand, wholeNumber } from "./common.ts";

/** `issue`: a report as one open issue. */
export function issueCommand(): Command {
  return stackCommand(
    "issue",
    "open the one issue of a report, bring it up to date, or close it",
    "issue --title Drift --report drift.md --stack lab",
  )
    .requiredOption("--title <text>", "the issue's title; each title of a stack has one open issue")
    .requiredOption("--report <file>", "what it says: Markdown, or what preview --report wrote as JSON")
    .option(
      "--close",
      "there is nothing more to say: write the report into the open issue, if there is one, and close it",
    )
    .option("--dry-run", "print the issue and where it would go; ask nobody")
    .addOption(new Option("--host <host>", "which API it has (default: by the environment)").choices(HOSTS))
    .option("--api <url>", "address of the API: https://gitea.example/api/v1")
    .option("--repository <name>", "OWNER/NAME; of GitLab the project's number or path")
    .option("--sha <commit>", "the commit that the report is about, its whole name")
    .option("--run <n>", "number of the run: a higher one's report is never replaced", wholeNumber)
    .addHelpText("after", "\nWhere it goes and the token are what the environment says in CI, as for `comment`.")
    .action(async (flags: IssueFlags) => (await import("../verbs/issue.ts")).issue(flags));
}
