import { Option, type Command } from "commander";
import { HOSTS } from "../forge/where.ts";
import type { CommentFlags } from "../verbs/comment.ts";
import { stackCommand, wholeNumber } from "./common.ts";

const MORE = `
Where the comment goes, of which commit and run it is, and the token are what the environment of GitHub, Gitea, Forgejo and GitLab says
in CI; the flags are for where it does not. The token is taken from the environment alone: GITHUB_TOKEN or GH_TOKEN; GITEA_TOKEN;
FORGEJO_TOKEN; GITLAB_TOKEN, which is a project access token.

A report that the run of a fork made must be JSON, and posted with --untrusted: Markdown of somebody else's could say anything.`;

/** `comment`: a report as the one comment of its stack on a pull request. */
export function commentCommand(): Command {
  return stackCommand(
    "comment",
    "post a report on the pull request, as the one comment of its stack",
    "comment --stack lab --report preview.json",
  )
    .requiredOption("--report <file>", "what preview --report wrote: Markdown, or JSON, which is fitted to the host")
    .option("--label <name>", "tells two reports of one stack apart, which then have a comment each")
    .option("--untrusted", "the report is a fork's: JSON alone is taken, the comment says so, no status is set")
    .option("--no-status", "do not set the status of the commit")
    .option("--dry-run", "print the comment and where it would go; ask nobody")
    .addOption(new Option("--host <host>", "which API it has (default: by the environment)").choices(HOSTS))
    .option("--api <url>", "address of the API: https://gitea.example/api/v1")
    .option("--repository <name>", "OWNER/NAME; of GitLab the project's number or path")
    .option("--pull <n>", "number of the pull request", wholeNumber)
    .option("--sha <commit>", "the commit that the report is about, its whole name")
    .option("--run <n>", "number of the run: a higher one's report is never replaced", wholeNumber)
    .addHelpText("after", MORE)
    .action(async (flags: CommentFlags) => (await import("../verbs/comment.ts")).comment(flags));
}
