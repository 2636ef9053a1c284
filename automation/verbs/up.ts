import { countsText } from "../engine/counts.ts";
import { openUserStack } from "../engine/door.ts";
import { forgetLostResources } from "../engine/forget.ts";
import { runEngine } from "../engine/run.ts";
import { streamProgress } from "../progress.ts";
import { backupsLine } from "../backup/line.ts";
import { madeText } from "../report/made.ts";
import { placesText } from "../report/places.ts";
import { warningsText } from "../report/warnings.ts";
import { print } from "./print.ts";
import { approvedBy, planAskedFor, type PlanFlags } from "./up-plan.ts";

export interface UpFlags extends PlanFlags {
  force?: true;
  forgetLost?: true;
  withoutBackup?: true;
}

/** Makes the cluster what the stack file says. */
export async function up(flags: UpFlags): Promise<void> {
  const { stack: name, folder, json, parallel, force, forgetLost, withoutBackup } = flags;
  const progress = streamProgress();
  const planFile = await planAskedFor(flags, flags);
  const opened = await openUserStack({
    stack: name,
    folder,
    create: true,
    force,
    backups: withoutBackup && "waived",
    progress,
  });
  const { stack, plan } = opened;
  const approved = planFile && (await approvedBy(planFile, opened, flags, progress));
  if (planFile && !approved) return;
  if (forgetLost) await forgetLostResources(stack, plan.lab, progress);
  const outcome = await runEngine(stack, "up", { progress, parallel, around: approved?.around });
  const { outputs = {} } = outcome;
  const backups = await backupsLine(plan, flags, progress);
  const text = [
    ...(approved ? [...approved.told.text, ""] : []),
    `${name}: ${countsText(outcome.counts, "did")}.`,
    ...[warningsText(outcome.warnings)].filter(Boolean),
    "",
    ...[madeText(outputs)].filter(Boolean).flatMap((text) => [text, ""]),
    placesText(outputs),
    ...(backups === undefined ? [] : ["", backups]),
    "",
    `Passwords: npm run platform -- outputs --stack ${name} --show-secrets`,
  ];
  print(
    { stack: name, ...outcome, ...(approved && { applied: true, plan: approved.told.plan }) },
    text.join("\n"),
    json,
  );
}
