import { problemList, type Problem } from "../schema/problems.ts";

/**
 * What is said of a stack file that is not sound, to whoever meets it first: a check, a verb or the program.
 * @param what the file, or the stack it is of
 */
export function refusalOf(what: string, problems: readonly Problem[]): string[] {
  return problemList(`${what} has ${problems.length} problem(s):`, problems);
}
