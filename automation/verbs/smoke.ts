import { edgeAsked } from "../../components/cvat/edge.ts";
import { UserError } from "../../components/program/errors.ts";
import { inDataLab } from "../data/connect/run.ts";
import { accountOf } from "../data/connect/people.ts";
import { workersIn } from "../data/cvat/workers.ts";
import { streamProgress } from "../progress.ts";
import type { StepName } from "../smoke/names.ts";
import { ownName } from "../smoke/own-projects.ts";
import { reportOf, reportText } from "../smoke/report.ts";
import { tryOut } from "../smoke/run.ts";
import { chosenSteps } from "../smoke/steps.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface SmokeFlags extends DataStackFlags {
  only?: StepName[];
}

/** Does once what people do in a lab, and says at which step what fails. Ends with 1 where something does. */
export async function smoke({ json, only, ...flags }: SmokeFlags): Promise<void> {
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal, stands) => {
    if (!lab.plan.cvat)
      throw new UserError("This stack installs no CVAT, and smoke tries CVAT out: see vision-platform:cvat.enabled.", {
        exitCode: 2,
      });
    stands("Nothing was made in CVAT.");
    const { cluster, cvat } = lab.plan.lab;
    const { config, signIn } = lab.plan.cvat;
    const edge = signIn && edgeAsked(config, signIn);
    const trial = { lab, name: ownName(), made: {}, workers: workersIn(cluster, cvat.namespace), edge };
    const outcomes = await tryOut(trial, chosenSteps(only), { progress, signal, left: stands });
    const report = reportOf(flags.stack, accountOf(lab.plan, flags.as), outcomes);
    print(report, reportText(report), json);
    if (!report.well) process.exitCode = 1;
  });
}
