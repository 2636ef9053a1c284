import { UserError } from "../program/errors.ts";

/**
 * A record that was made and then did not become what it should: the state notes it all the same, so that the next run repairs it and
 * taking it out removes it. Thrown by `create`; of an update the state has the record already.
 */
export class HalfMade extends UserError {
  /** What the state notes of it. */
  readonly made: { id: string; outs: object };

  constructor(error: unknown, made: { id: string; outs: object }) {
    super(error instanceof UserError ? error.problems : error instanceof Error ? error.message : String(error), {
      cause: error,
    });
    this.made = made;
  }
}
