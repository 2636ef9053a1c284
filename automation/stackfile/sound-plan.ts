import { planOf, type Plan } from "../../components/lab/plan.ts";
import { refusalOf } from "../../components/lab/refusal.ts";
import { UserError } from "../../components/program/errors.ts";
import { isMap } from "../../components/program/maps.ts";
import { checkWithFiles } from "./check-files.ts";
import type { StackFile } from "./stack-file.ts";

/** Sections with versions of a product. */
const VERSIONED = ["cvat", "clearml"] as const;

/**
 * The plan of a stack file, for verbs.
 * @throws UserError with every problem of it and of the files that it names
 */
export async function soundPlan(file: StackFile): Promise<Plan> {
  const { lab, problems, files } = await checkWithFiles(file);
  if (lab) return planOf(lab, files);
  throw new UserError(refusalOf(file.path, problems), { exitCode: 2 });
}

/**
 * The plan of a stack file, with the versions in it that nobody is known to have tried.
 * @returns the sections too that have such versions and do not allow them themselves
 * @throws UserError as {@link soundPlan} does, for all that is wrong besides
 */
export async function planWithUntried(file: StackFile): Promise<{ plan: Plan; untried: string[] }> {
  const { lab } = await checkWithFiles(file);
  if (lab) return { plan: await soundPlan(file), untried: [] };
  const sections = Object.fromEntries(
    Object.entries(file.sections).map(([name, section]) => [name, isVersioned(name) ? allowing(section) : section]),
  );
  const plan = await soundPlan({ ...file, sections });
  const isUntried = (name: (typeof VERSIONED)[number]) =>
    plan[name]?.versions.known === false && !allows(file.sections[name]);
  return { plan, untried: VERSIONED.filter(isUntried) };
}

const isVersioned = (name: string) => VERSIONED.some((one) => one === name);
const allowing = (section: unknown) => (isMap(section) ? { ...section, allowUnknownVersions: true } : section);
const allows = (section: unknown) => isMap(section) && section["allowUnknownVersions"] === true;
