import { UserError } from "../../components/program/errors.ts";
import { inDataLab } from "../data/connect/run.ts";
import { accountOf } from "../data/connect/people.ts";
import { streamProgress } from "../progress.ts";
import type { StepName } from "../smoke/names.ts";
import { tryOutIn } from "../smoke/in-lab.ts";
import { reportOf, reportText } from "../smoke/report.ts";
import type { DataStackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface SmokeFlags extends DataStackFlags {
  only?: StepName[];
}

/** Does once what people do in a lab, and says at which step what fails. Ends with 1 where something does. */
export async function smoke({ json, only, ...flags }: SmokeFlags): Promise<void> {
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab, signal, stands) => {
    const outcomes = await tryOutIn(lab, only, { progress, signal, left: stands });
    if (outcomes === undefined)
      throw new UserError("This stack installs no CVAT, and smoke tries CVAT out: see vision-platform:cvat.enabled.", {
        exitCode: 2,
      });
    const report = reportOf(flags.stack, accountOf(lab.plan, flags.as), outcomes);
    print(report, reportText(report), json);
    if (!report.well) process.exitCode = 1;
  });
}
