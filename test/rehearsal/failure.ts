import { UserError } from "../../components/program/errors.ts";

/** The problems that a run ends with. Only these are compared: the error's cause holds the whole run, more than can be shown. */
export async function problemsOf(run: Promise<unknown>): Promise<readonly string[]> {
  try {
    await run;
  } catch (error) {
    if (error instanceof UserError) return error.problems;
    throw error;
  }
  throw new Error("the run should have failed");
}
