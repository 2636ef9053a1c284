import { countsText } from "../engine/counts.ts";
import { openUserStack } from "../engine/door.ts";
import { forgetLostResources } from "../engine/forget.ts";
import { runEngine } from "../engine/run.ts";
import { streamProgress } from "../progress.ts";
import { madeText } from "../report/made.ts";
import { placesText } from "../report/places.ts";
import { warningsText } from "../report/warnings.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface UpFlags extends StackFlags {
  parallel?: number;
  force?: true;
  forgetLost?: true;
}

/** Makes the cluster what the stack file says. */
export async function up({ stack: name, folder, json, parallel, force, forgetLost }: UpFlags): Promise<void> {
  const progress = streamProgress();
  const { stack, plan } = await openUserStack({ stack: name, folder, create: true, force, progress });
  if (forgetLost) await forgetLostResources(stack, plan.lab, progress);
  const outcome = await runEngine(stack, "up", { progress, parallel });
  const { outputs = {} } = outcome;
  const text = [
    `${name}: ${countsText(outcome.counts, "did")}.`,
    ...[warningsText(outcome.warnings)].filter(Boolean),
    "",
    ...[madeText(outputs)].filter(Boolean).flatMap((text) => [text, ""]),
    placesText(outputs),
    "",
    `Passwords: npm run platform -- outputs --stack ${name} --show-secrets`,
  ];
  print({ stack: name, ...outcome }, text.join("\n"), json);
}
