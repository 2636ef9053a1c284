import { countsText, UNSEEN } from "../engine/counts.ts";
import { openUserStack } from "../engine/door.ts";
import { runEngine } from "../engine/run.ts";
import { streamProgress } from "../progress.ts";
import { reportPlace, writeReport } from "../report/file.ts";
import { changesText, previewReport } from "../report/preview.ts";
import { warningsText } from "../report/warnings.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface PreviewFlags extends StackFlags {
  report?: string;
  parallel?: number;
  exitCode?: true;
}

/** What `up` would change, object by object. */
export async function preview({ stack: name, folder, json, report, parallel, exitCode }: PreviewFlags): Promise<void> {
  const progress = streamProgress();
  if (report) await reportPlace(report);
  const { stack } = await openUserStack({ stack: name, folder, create: true, progress });
  const outcome = await runEngine(stack, "preview", { progress, parallel });
  const counts = `${name}: ${countsText(outcome.counts, "will")}.`;
  const text = [changesText(outcome.changes), warningsText(outcome.warnings), counts].filter(Boolean).join("\n");
  print({ stack: name, ...outcome }, text, json);
  if (report) await writeReport(report, previewReport(name, outcome, outcome.ledger));
  // What was not looked at may differ.
  if (exitCode && (outcome.changes.length > 0 || outcome.counts[UNSEEN])) process.exitCode = 3;
}
