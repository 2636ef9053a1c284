import { isClean, type Drift } from "../drift/classify.ts";
import { lookForDrift } from "../drift/look.ts";
import { driftMarkdown } from "../drift/report.ts";
import { driftText, verdictOf } from "../drift/words.ts";
import { openUserStack } from "../engine/door.ts";
import { streamProgress } from "../progress.ts";
import { reportPlace, writeReport } from "../report/file.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface DriftFlags extends StackFlags {
  report?: string;
}

/** What was changed by hand since the last `up`. */
export async function drift({ stack: name, folder, json, report }: DriftFlags): Promise<void> {
  const progress = streamProgress();
  if (report) await reportPlace(report);
  const { stack, plan, file } = await openUserStack({ stack: name, folder, create: false, progress });
  const found = (await lookForDrift({ stack, plan, file, progress })).drift;
  print(documentOf(found), driftText(found), json);
  if (report) await writeReport(report, driftMarkdown(found));
  process.exitCode = codeOf(found);
}

/** 0: all was looked at, and nothing differs. 1: nothing could be looked at. */
function codeOf(found: Drift): number {
  if (isClean(found)) return 0;
  return found.checked === 0 && found.accidents.length === 0 ? 1 : 3;
}

/** The same for programs. */
function documentOf({ changed, ...found }: Drift) {
  const fields = changed.map((one) => ({
    ...one,
    fields: one.fields.map(({ path, how, before, after, by, at }) => ({ path, how, before, after, by, at })),
  }));
  return { verdict: verdictOf({ ...found, changed }), ...found, changed: fields };
}
