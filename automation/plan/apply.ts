import { RunError } from "../../components/program/run-errors.ts";
import { UserError } from "../../components/program/errors.ts";
import type { UserStack } from "../engine/door.ts";
import { runEngine, type Around, type Seen } from "../engine/run.ts";
import { readState } from "../engine/stored-state.ts";
import type { Progress } from "../progress.ts";
import { readStackFile } from "../stackfile/stack-file.ts";
import { assertSealed, type PlanFile } from "./file.ts";
import { planKeyOf } from "./hmac.ts";
import { judge, openSecrets, type Judgement } from "./judge.ts";
import { stateDigest, watch } from "./make.ts";
import type { SavedPlan } from "./plan.ts";
import { chartsOf, digestOf } from "./sources.ts";
import { notesOf } from "./words.ts";

/** A plan that a fresh preview was held against. Nothing was changed yet. */
export interface Judged extends Judgement {
  /** What differs from the review and is no reason to refuse. */
  notes: string[];
  /** Secrets of the stack file that are others, and may be part of what is known only after up: a reason to refuse. */
  openSecrets: string[];
  /** How many objects of the object store were not looked at: nobody knows whether they would change. */
  unseen: number;
  /** For `up`: it does nothing where somebody changed state, stack file or charts since the fresh preview. */
  around: Around;
}

/**
 * Holds a fresh preview against a reviewed plan.
 * @throws UserError where it is not this lab's plan, before the preview, and as a preview does
 */
export async function judged(
  opened: UserStack,
  planFile: PlanFile,
  { folder, progress, parallel }: { folder: string; progress: Progress; parallel: number | undefined },
): Promise<Judged> {
  const { stack } = opened;
  const { file, plan } = planFile;
  const key = await planKeyOf(plan.salt, { ...process.env, ...stack.workspace.envVars });
  if (key === undefined) throw new UserError(`--plan ${file} was sealed with another passphrase than this stack's.`);
  assertSealed(planFile, key);
  const watched = await watch(opened, folder);
  const files = await filesOf(opened);
  let seen: Seen = { steps: [], fixes: { before: [], after: [] } };
  const keep = (all: Seen) => {
    seen = all;
  };
  const outcome = await runEngine(stack, "preview", { progress, parallel, seen: keep, around: watched.around });
  const now = await watched.plan(seen, outcome, key);
  assertSameLab(planFile, now);
  const judgement = judge(plan.steps, now.steps);
  const around: Around = (program) => async () => {
    // The engine has the stack's lock by now, so that what is still so stays so.
    const [state, same] = [stateDigest(await readState(stack)), await filesOf(opened)];
    if (state !== watched.state || same !== files)
      throw new RunError(
        "Another run, or a change of the stack file, came between the plan's judgement and this up. Nothing was done: run up --plan again.",
      );
    return program();
  };
  const open = openSecrets(plan.source.secrets, now.source.secrets, now.steps);
  return { ...judgement, notes: notesOf(plan, now, judgement), openSecrets: open, unseen: now.unseen, around };
}

/** Whether it is the same cluster and the same store. What could not be read is taken for the same. */
function assertSameLab({ file, plan }: PlanFile, { lab }: Pick<SavedPlan, "lab">): void {
  const differs = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && one !== other;
  if (differs(plan.lab.cluster, lab.cluster))
    throw new UserError(
      `--plan ${file} is of another cluster: its kube-system has the UID ${plan.lab.cluster}, this one's ${lab.cluster}.`,
    );
  if (differs(plan.lab.store, lab.store))
    throw new UserError(`--plan ${file} is of a lab on another object store: ${plan.lab.store}, not ${lab.store}.`);
}

/** What is read again by `up` from files that somebody may write meanwhile. */
async function filesOf({ plan, file }: UserStack): Promise<string> {
  const { sections, keys } = await readStackFile(file.path);
  return digestOf([sections, keys, await chartsOf({ plan })]);
}
