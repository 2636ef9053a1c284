import { streamProgress } from "../../automation/progress.ts";
import { REHEARSAL_PROGRAMS } from "../../automation/rehearsal/rehearse.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";

/** Programs are built before the first test: minutes on a fresh machine, which no test's time limit should have to allow for. */
export default async function setup(): Promise<void> {
  await obtainTools([...REHEARSAL_PROGRAMS, "helm"], { progress: streamProgress() });
}
