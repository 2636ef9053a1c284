import { Command } from "commander";
import type { ApprovalFlags, PlanFlags, ReportFlags } from "../verbs/ci.ts";
import { stackCommand, wholeNumber } from "./common.ts";

/** `ci`: what the steps of this repository's workflows ask of the host that runs them. */
export function ciCommand(): Command {
  return new Command("ci")
    .description("for the steps of a workflow: a run's report, a reviewed plan, and who approves")
    .addCommand(
      stackCommand(
        "report",
        "fetch what a run of the preview reported; nothing in it is trusted",
        "ci report --run 123456 --artifact rehearsal-homelab.json --report report.json",
      )
        .requiredOption("--run <id>", "the run that made it", wholeNumber)
        .requiredOption("--artifact <name>", "the artifact's name")
        .requiredOption("--report <file>", "where it is written")
        .action(async (flags: ReportFlags) => (await work()).report(flags)),
    )
    .addCommand(
      stackCommand(
        "plan",
        "fetch the plan that was reviewed before a commit was merged",
        "ci plan --commit 0123456789abcdef0123456789abcdef01234567 --plan reviewed.json",
      )
        .requiredOption("--commit <sha>", "what was merged")
        .requiredOption("--plan <file>", "where it is written")
        .option("--stopped", "the plan by which a deployment of this commit has stopped, instead")
        .action(async (flags: PlanFlags) => (await work()).plan(flags)),
    )
    .addCommand(
      stackCommand(
        "approval",
        "say how a person approves a plan, and make sure that one is asked",
        "ci approval --plan plan.json --environment lab",
      )
        .requiredOption("--plan <file>", "the plan of preview --save-plan")
        .option("--environment <name>", "whose required reviewers approve (default: by the plan's digest)")
        .action(async (flags: ApprovalFlags) => (await work()).approval(flags)),
    );
}

const work = () => import("../verbs/ci.ts");
