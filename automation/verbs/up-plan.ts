import { UserError } from "../../components/program/errors.ts";
import type { UserStack } from "../engine/door.ts";
import type { Around } from "../engine/run.ts";
import { judged } from "../plan/apply.ts";
import { readPlan, type PlanFile } from "../plan/file.ts";
import { departedText, refusedText, savedText } from "../plan/words.ts";
import type { Progress } from "../progress.ts";
import { print } from "./print.ts";
import type { StackFlags } from "./flags.ts";

/** The flags of `up` that a plan has to do with. */
export interface PlanFlags extends StackFlags {
  parallel?: number;
  /** File of `preview --save-plan`. Default: whatever there is to do is done. */
  plan?: string;
  /** The beginning of the sha256 that the plan must have. */
  digest?: string;
  /** Says whether the plan would be applied. */
  dryRun?: true;
}

/** What an up by a plan is allowed, and what is to be told of the plan in the end. */
export interface Approved {
  around: Around;
  told: { text: string[]; plan: object };
}

/**
 * The plan that is asked for, before anything else is looked at. Undefined: none is.
 * @throws UserError of bad usage, and where it is no plan of this stack
 */
export async function planAskedFor(
  { stack, plan, digest, dryRun }: PlanFlags,
  { force, forgetLost }: { force?: true; forgetLost?: true },
): Promise<PlanFile | undefined> {
  const usage = (problem: string) => new UserError(problem, { exitCode: 2 });
  if (plan === undefined) {
    if (digest !== undefined) throw usage("--digest says which plan may be applied: it goes with --plan FILE.");
    if (dryRun) throw usage("up --dry-run judges a plan: it goes with --plan FILE. What up would change says preview.");
    return undefined;
  }
  if (force) throw usage("--force takes over fields that nobody reviewed: it does not go with --plan.");
  if (forgetLost) throw usage("--forget-lost changes the state that the plan was made of: it does not go with --plan.");
  return readPlan(plan, stack, digest);
}

/** Judges the plan, and says what was not reviewed. @returns undefined where there is nothing to be done: refused, or a dry run */
export async function approvedBy(
  planFile: PlanFile,
  opened: UserStack,
  { stack, folder, json, parallel, dryRun }: PlanFlags,
  progress: Progress,
): Promise<Approved | undefined> {
  const { file, plan, digest } = planFile;
  const { refused, planned, settled, nowKnown, notes, openSecrets, unseen, around } = await judged(opened, planFile, {
    folder,
    progress,
    parallel,
  });
  const head = `Plan ${file} (digest ${digest}), ${savedText(plan, Date.now())}.`;
  const about = { file, digest, saved: plan.saved, planned, settled, nowKnown, notes };
  if (refused.length === 0 && unseen === 0 && openSecrets.length === 0) {
    const text = [head, ...notes];
    if (!dryRun) return { around, told: { text, plan: about } };
    const would = `${stack}: every change was reviewed; up --plan would make ${planned}.`;
    print({ stack, applied: false, plan: about, refused: [] }, [...text, would].join("\n"), json);
    return undefined;
  }
  const store = unseen > 0 ? [`${unseen} objects of the object store could not be looked at.`] : [];
  const text = [
    ...(refused.length > 0 ? [refusedText(refused)] : []),
    ...store,
    ...openSecrets.map(
      (key) => `${key} is another secret than at the review, and may be part of what is known only after up.`,
    ),
    head,
    ...notes,
    `${stack}: not applied, and nothing was changed: ${refused.length} of ${planned} changes were not reviewed.`,
    `Preview again, have that reviewed, and apply it: npm run platform -- preview --stack ${stack} --save-plan FILE`,
  ];
  const listed = refused.map(({ step: { urn, object, system, operation }, departed }) => ({
    urn,
    object,
    system,
    operation,
    problems: departed.map((one) => ({ ...one, words: departedText(one) })),
  }));
  print({ stack, applied: false, plan: about, refused: listed, openSecrets, unseen }, text.join("\n"), json);
  process.exitCode = 3;
  return undefined;
}
