import { UserError } from "../../components/program/errors.ts";
import { countsText, UNSEEN } from "../engine/counts.ts";
import { runEngine, type Outcome, type Seen } from "../engine/run.ts";
import type { PlanSaver } from "../plan/save.ts";
import type { Progress } from "../progress.ts";
import { comparedText } from "../report/compared.ts";
import { changesText } from "../report/changes-text.ts";
import { writeReport } from "../report/file.ts";
import { reportOf, type PreviewedStack } from "../report/of-preview.ts";
import { planMarkdown } from "../report/plan-markdown.ts";
import { verdictOf, type PlanReport, type Previewed } from "../report/plan-report.ts";
import { warningsText } from "../report/warnings.ts";
import { print } from "./print.ts";

type ReportFormat = "md" | "json";

/** What a preview shows, and where. */
export interface ShowFlags {
  json?: true;
  report?: string;
  /** Default: JSON for a file whose name ends so, else Markdown. */
  reportFormat?: ReportFormat;
  parallel?: number;
  exitCode?: true;
}

export interface Shown extends PreviewedStack {
  progress: Progress;
  /** Saves the plan of a preview that does not fail. Default: none is saved. */
  saver?: PlanSaver | undefined;
}

/** Previews a stack that is open, prints what would change, and writes a report of it where one is asked for, of a preview that fails too. */
export async function showPreview(shown: Shown, flags: ShowFlags): Promise<void> {
  const { name, stack, progress, compared, saver } = shown;
  const { json, report, reportFormat, parallel, exitCode } = flags;
  let seen: Seen = { steps: [], fixes: { before: [], after: [] } };
  const write = async (more: Pick<Previewed, "warnings" | "failure">) => {
    if (!report) return;
    await writeReport(report, reportText(await reportOf(shown, seen, more), report, reportFormat));
  };
  const keep = (all: Seen) => {
    seen = all;
  };
  const outcome = await runEngine(stack, "preview", { progress, parallel, seen: keep, around: saver?.around }).catch(
    async (error: unknown) => {
      if (!report || !(error instanceof UserError)) throw error;
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
  const verdict = verdictOf({ stack: name, compared, ...seen, warnings: outcome.warnings });
  const saved = await saver?.save(seen, outcome);
  const text = [
    ...(compared ? comparedText(compared) : []),
    outcomeText(name, outcome),
    verdict,
    ...(saved ? [saved.text] : []),
  ].join("\n");
  print(
    { stack: name, ...(compared && { compared }), verdict, ...outcome, ...(saved && { plan: saved.plan }) },
    text,
    json,
  );
  await write({ warnings: outcome.warnings });
  // What was not looked at may differ.
  if (exitCode && (outcome.changes.length > 0 || outcome.counts[UNSEEN])) process.exitCode = 3;
}

function outcomeText(name: string, { changes, warnings, counts }: Outcome): string {
  const line = `${name}: ${countsText(counts, "will")}.`;
  return [changesText(changes), warningsText(warnings), line].filter(Boolean).join("\n");
}

function reportText(report: PlanReport, file: string, format: ReportFormat | undefined): string {
  const isJson = format === undefined ? file.endsWith(".json") : format === "json";
  return isJson ? `${JSON.stringify(report, null, 2)}\n` : planMarkdown(report);
}
