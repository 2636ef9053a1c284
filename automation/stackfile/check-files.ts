import path from "node:path";
import type { LabConfig } from "../../components/lab/sections.ts";
import { UserError } from "../../components/program/errors.ts";
import { idleKeys } from "../../components/lab/idle-keys.ts";
import { problemList, type Problem } from "../../components/schema/problems.ts";
import { readLabelFiles } from "./label-files.ts";
import { readAuthority } from "./authority-file.ts";
import { PROJECT_FOLDER } from "../project.ts";
import { checkStackFile, type Checked } from "./check.ts";
import type { StackFile } from "./stack-file.ts";

/** Everything wrong with a stack file and with the files that it names, and what is said of it without holding anything up. */
export async function checkWithFiles(
  file: Pick<StackFile, "path" | "sections" | "keys">,
): Promise<Checked & { warnings: Problem[] }> {
  const checked = checkStackFile(file);
  const read = await Promise.all([
    readLabelFiles(file.sections["functions"], PROJECT_FOLDER),
    readAuthority(file.sections["objectStore"], path.dirname(path.resolve(file.path))),
  ]);
  const problems = read.flatMap((one) => one.problems);
  const whole: Checked =
    problems.length === 0 ? checked : { lab: undefined, problems: [...checked.problems, ...problems] };
  return { ...whole, warnings: idleKeys(file.sections) };
}

/**
 * The lab of a stack file.
 * @throws UserError with every problem of it and of the files that it names
 */
export async function soundLab(file: StackFile): Promise<LabConfig> {
  const { lab, problems } = await checkWithFiles(file);
  if (lab) return lab;
  throw new UserError(problemList(`${file.path} has ${problems.length} problem(s):`, problems), { exitCode: 2 });
}
