import { UserError } from "../../../../components/program/errors.ts";
import { classNames } from "../../labels/class-names.ts";
import type { Tell } from "./collected.ts";
import type { Findings } from "./findings.ts";
import type { Tally } from "./tally.ts";

const CLASSES = /(^|\/)(data\.ya?ml|obj\.names|classes\.txt)$/i;

/** Whether a file lists the names of classes, by its own name. */
export function isClassList(name: string): boolean {
  return CLASSES.test(name);
}

export function classList(name: string, text: string): Tell {
  return ({ tally, findings }) => {
    tally.other += 1;
    try {
      tally.labels.names ??= classNames(name, text);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const problem of error.problems) findings.add("classes", name, problem);
    }
  };
}

/** Classes of boxes that no list names. To be told when all of the data set was looked at: a list may come last. */
export function tellClasses({ labels: { classes, names } }: Tally, findings: Findings): void {
  if (!names) return;
  for (const [number, { count, first }] of Object.entries(classes))
    if (Number(number) >= names.length)
      findings.add("classes", first, `class ${number}, ${count} boxes, of ${names.length} classes`);
}
