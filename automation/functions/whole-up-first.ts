import { UserError } from "../../components/program/errors.ts";

/** What the engine says of a target that hangs on something the program registers and the state has not. (pulumi: step_generator.go) */
const NOT_THERE_YET = /depends on '[^']*' which was was not specified in --target list/;

/** An error of deploying one function by itself: where the rest of the lab is of an older version, what to do first. */
export function wholeUpFirst(error: unknown, stack: string): unknown {
  if (!(error instanceof Error) || !NOT_THERE_YET.test(error.message)) return error;
  return new UserError(
    `The lab is not yet as this program makes it, so no function is deployed by itself: an older version brought it up last. Run up once, then this again: npm run platform -- up --stack ${stack}`,
    { cause: error },
  );
}
