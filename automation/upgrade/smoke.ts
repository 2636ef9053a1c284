import { CONTAINER_PORTS, SERVICES } from "../../components/clearml/names.ts";
import { exchange } from "../../components/clearml/client/exchange.ts";
import type { System } from "../../components/preflight/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import { accountOf } from "../data/connect/people.ts";
import { inDataLab } from "../data/connect/run.ts";
import { Ways } from "../data/connect/ways.ts";
import type { Progress } from "../progress.ts";
import type { StepName } from "../smoke/names.ts";
import { tryOutIn } from "../smoke/in-lab.ts";
import { reportOf, reportText } from "../smoke/report.ts";

/** Signs in, lists projects, and fetches a frame of a task that is made for it and removed. */
const STEPS: readonly StepName[] = ["sign-in", "earlier", "frame"];

const PING_MS = 30_000;

/**
 * Whether a system does what it is for, after another release of it came up.
 * @returns what was seen, for a person
 * @throws UserError with what fails
 */
export async function smokeOf(
  system: System,
  flags: { stack: string; folder: string },
  progress: Progress,
): Promise<string> {
  return inDataLab(flags, progress, async (lab, signal, stands) => {
    if (system === "cvat") {
      const outcomes = (await tryOutIn(lab, STEPS, { progress, signal, left: stands })) ?? [];
      const report = reportOf(flags.stack, accountOf(lab.plan, undefined), outcomes);
      if (!report.well) throw new UserError(reportText(report));
      return reportText(report);
    }
    const { namespace } = lab.plan.lab.clearml;
    const ways = new Ways(lab.plan.lab.cluster, progress);
    try {
      const port = await ways.to(
        { namespace, service: SERVICES.api, port: CONTAINER_PORTS[SERVICES.api] ?? 8008 },
        "ClearML's API is asked in its namespace",
      );
      await exchange(`http://127.0.0.1:${port}`, { endpoint: "debug.ping", limitMs: PING_MS, signal });
      return "Well: ClearML's API answers.";
    } finally {
      await ways.close();
    }
  });
}
