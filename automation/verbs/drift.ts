import { UserError } from "../../components/program/errors.ts";
import { isClean, type Drift } from "../drift/classify.ts";
import { assertMayFix, repair } from "../drift/fix.ts";
import { fixText, isEmpty, planFix } from "../drift/fix-plan.ts";
import { lookForDrift, type Look, type LookOptions } from "../drift/look.ts";
import { driftMarkdown } from "../drift/report.ts";
import { driftText, verdictOf } from "../drift/words.ts";
import { openUserStack } from "../engine/door.ts";
import { streamProgress } from "../progress.ts";
import { reportPlace, writeReport } from "../report/file.ts";
import { askForName } from "./ask-name.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface DriftFlags extends StackFlags {
  report?: string;
  fix?: true;
  dryRun?: true;
  /** The stack's name, for a run that nobody is asked in. */
  yes?: string;
  newCluster?: string;
}

/** What was changed by hand since the last `up`; with `--fix` it goes back to what that made. */
export async function drift({ stack: name, folder, json, report, ...flags }: DriftFlags): Promise<void> {
  assertSound(name, flags);
  const progress = streamProgress();
  if (report) await reportPlace(report);
  const { stack, plan, file } = await openUserStack({ stack: name, folder, create: false, progress });
  const options = { stack, plan, file, progress };
  const look = await lookForDrift(options);
  if (flags.fix) {
    const after = await fixed(options, look, flags, json);
    if (report) await writeReport(report, driftMarkdown(after));
    return;
  }
  print(documentOf(look.drift), driftText(look.drift), json);
  if (report) await writeReport(report, driftMarkdown(look.drift));
  process.exitCode = codeOf(look.drift);
}

function assertSound(
  name: string,
  { fix, yes, dryRun, newCluster }: Omit<DriftFlags, keyof StackFlags | "report">,
): void {
  const problems = [
    ...(!fix && (yes !== undefined || dryRun || newCluster !== undefined)
      ? ["--yes, --dry-run and --new-cluster belong to drift --fix."]
      : []),
    ...(yes !== undefined && yes !== name ? [`--yes ${yes} names another stack than --stack ${name}.`] : []),
  ];
  if (problems.length > 0) throw new UserError(problems, { exitCode: 2 });
}

/** @returns what a second look finds; of a dry run the first */
async function fixed(
  options: LookOptions,
  look: Look,
  { yes, dryRun, newCluster }: Pick<DriftFlags, "yes" | "dryRun" | "newCluster">,
  json: true | undefined,
): Promise<Drift> {
  const { drift: found, identity, state, missing } = look;
  const { name } = options.stack;
  const fix = planFix(found, state, missing);
  if (isEmpty(fix) && identity.losses === undefined) {
    print(documentOf(found), [driftText(found), fixText(fix, found)].filter(Boolean).join("\n"), json);
    process.exitCode = codeOf(found);
    return found;
  }
  assertMayFix(look, newCluster);
  const plan = [
    verdictOf(found),
    ...(identity.losses ? ["  + all of it anew, with the passwords there were; its volumes begin empty"] : []),
    fixText(fix, found),
  ]
    .filter(Boolean)
    .join("\n");
  if (dryRun) {
    print({ ...documentOf(found), fix: fix }, `${plan}\nNothing was done.`, json);
    process.exitCode = codeOf(found);
    return found;
  }
  if (yes === undefined) await confirm(name, plan);
  const problems = await repair({ ...options, look, fix });
  const after = (await lookForDrift(options)).drift;
  print({ ...documentOf(after), repaired: true, problems }, [...problems, driftText(after)].join("\n"), json);
  process.exitCode = problems.length > 0 ? 1 : codeOf(after);
  return after;
}

async function confirm(name: string, plan: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new UserError(`drift --fix asks before it changes anything: run it in a terminal, or with --yes ${name}.`, {
      exitCode: 2,
    });
  }
  process.stderr.write(`${plan}\n`);
  await askForName(name, "Repair it?", "Nothing was repaired.");
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
