import path from "node:path";
import type { NamedFiles } from "../../components/lab/plan.ts";
import { idleKeys } from "../../components/lab/idle-keys.ts";
import type { Problem } from "../../components/schema/problems.ts";
import { readLabelFiles } from "./label-files.ts";
import { readAuthority } from "./authority-file.ts";
import { PROJECT_FOLDER } from "../project.ts";
import { checkStackFile, type Checked } from "./check.ts";
import type { StackFile } from "./stack-file.ts";

/** Everything wrong with a stack file and with the files that it names, and what is said of it without holding anything up. */
export async function checkWithFiles(
  file: Pick<StackFile, "path" | "sections" | "keys">,
): Promise<Checked & { warnings: Problem[]; files: NamedFiles }> {
  const checked = checkStackFile(file);
  const [named, authority] = await Promise.all([
    readLabelFiles(file.sections["functions"], PROJECT_FOLDER),
    readAuthority(file.sections["objectStore"], path.dirname(path.resolve(file.path))),
  ]);
  const problems = [...named.problems, ...authority.problems];
  const whole: Checked =
    problems.length === 0 ? checked : { lab: undefined, problems: [...checked.problems, ...problems] };
  return {
    ...whole,
    warnings: idleKeys(file.sections),
    files: { labels: named.labels, certificates: authority.certificates },
  };
}
