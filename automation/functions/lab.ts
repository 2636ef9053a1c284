import type { Plan } from "../../components/lab/plan.ts";
import { UserError } from "../../components/program/errors.ts";
import { connect } from "../../components/nuclio/connect.ts";
import type { Nuclio } from "../../components/nuclio/sides.ts";
import { soundPlan } from "../stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";

/** The lab that a verb is about: what its stack file says, and its Nuclio. */
export interface FunctionLab {
  plan: Plan;
  namespace: string;
  nuclio: Nuclio;
}

/**
 * The lab of a stack file, with its Nuclio reached by the file's kubeconfig.
 * @throws UserError for a broken stack file, and where it installs no Nuclio
 */
export async function functionLab({ stack, folder }: { stack: string; folder: string }): Promise<FunctionLab> {
  const file = await readStackFile(stackFilePath(folder, stack));
  const plan = await soundPlan(file);
  const { lab } = plan;
  if (!lab.cvat.enabled || !lab.cvat.nuclio.enabled) {
    throw new UserError(`${file.path} installs no Nuclio: see vision-platform:cvat.nuclio.enabled`, { exitCode: 2 });
  }
  const { kubeconfig, context } = lab.cluster;
  const { namespace } = lab.cvat;
  return { plan, namespace, nuclio: await connect({ kubeconfig, context }, namespace, { retries: 2 }) };
}
