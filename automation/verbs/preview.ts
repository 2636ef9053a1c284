import { UserError } from "../../components/program/errors.ts";
import { countsText, UNSEEN } from "../engine/counts.ts";
import { openUserStack } from "../engine/door.ts";
import { knownSecrets, withoutSecrets } from "../engine/known-secrets.ts";
import { runEngine, type Seen } from "../engine/run.ts";
import { streamProgress } from "../progress.ts";
import { reportPlace, writeReport } from "../report/file.ts";
import { changesText } from "../report/changes-text.ts";
import { planMarkdown } from "../report/plan-markdown.ts";
import { planReport, type PlanReport, type Previewed } from "../report/plan-report.ts";
import { warningsText } from "../report/warnings.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

type ReportFormat = "md" | "json";

export interface PreviewFlags extends StackFlags {
  report?: string;
  /** Default: JSON for a file whose name ends so, else Markdown. */
  reportFormat?: ReportFormat;
  parallel?: number;
  exitCode?: true;
}

/** What `up` would change, object by object. */
export async function preview({
  stack: name,
  folder,
  json,
  report,
  reportFormat,
  parallel,
  exitCode,
}: PreviewFlags): Promise<void> {
  const progress = streamProgress();
  if (report) await reportPlace(report);
  const { stack, file } = await openUserStack({ stack: name, folder, create: true, progress });
  let seen: Seen = { steps: [], fixes: { before: [], after: [] } };
  const write = async (more: Pick<Previewed, "warnings" | "failure">) => {
    if (!report) return;
    const secrets = await knownSecrets(stack, file);
    const previewed = withoutSecrets({ stack: name, ...seen, ...more }, secrets);
    await writeReport(report, reportText(planReport(previewed), report, reportFormat));
  };
  const keep = (all: Seen) => {
    seen = all;
  };
  const outcome = await runEngine(stack, "preview", { progress, parallel, ...(report && { seen: keep }) }).catch(
    async (error: unknown) => {
      if (!(error instanceof UserError) || seen.steps.length === 0) throw error;
      // What it saw until then is worth knowing; where that cannot be written either, why the preview failed is worth more.
      const unwritten = await write({ warnings: [], failure: error.message }).then(
        () => [],
        (problem: unknown) => [
          `There is no report of it: ${problem instanceof Error ? problem.message : String(problem)}`,
        ],
      );
      throw unwritten.length === 0
        ? error
        : new UserError([...error.problems, ...unwritten], { exitCode: error.exitCode, cause: error });
    },
  );
  const counts = `${name}: ${countsText(outcome.counts, "will")}.`;
  const text = [changesText(outcome.changes), warningsText(outcome.warnings), counts].filter(Boolean).join("\n");
  print({ stack: name, ...outcome }, text, json);
  await write({ warnings: outcome.warnings });
  // What was not looked at may differ.
  if (exitCode && (outcome.changes.length > 0 || outcome.counts[UNSEEN])) process.exitCode = 3;
}

function reportText(report: PlanReport, file: string, format: ReportFormat | undefined): string {
  const isJson = format === undefined ? file.endsWith(".json") : format === "json";
  return isJson ? `${JSON.stringify(report, null, 2)}\n` : planMarkdown(report);
}
