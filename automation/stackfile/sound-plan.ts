import { planOf, type Plan } from "../../components/lab/plan.ts";
import { refusalOf } from "../../components/lab/refusal.ts";
import { UserError } from "../../components/program/errors.ts";
import { checkWithFiles } from "./check-files.ts";
import type { StackFile } from "./stack-file.ts";

/**
 * The plan of a stack file, for verbs.
 * @throws UserError with every problem of it and of the files that it names
 */
export async function soundPlan(file: StackFile): Promise<Plan> {
  const { lab, problems, files } = await checkWithFiles(file);
  if (lab) return planOf(lab, files);
  throw new UserError(refusalOf(file.path, problems), { exitCode: 2 });
}
