import { namesOf, type Made, type Thing } from "./made.ts";

/** Which store one is: by its id, where it tells it, and by what is in it. */
export interface Sighting {
  /** Id of the deployment that the stack's state names; stacks of older versions name none. */
  before: string | undefined;
  /** Id that the stack file says is meant, `objectStore.deployment`. */
  meant: string | undefined;
  /** Id of the store that answers; one that lets these credentials not ask tells none. */
  found: string | undefined;
  made: readonly Made[];
  missing: readonly Made[];
}

/** `here`: the one as before. `moved`: another, as the stack file says. `other`: another, and nothing says so. `unmeant`: not the one of the stack file. */
export type Verdict = "here" | "moved" | "other" | "unmeant";

export function verdictOf({ before, meant, found, made, missing }: Sighting): Verdict {
  if (meant !== undefined && found !== undefined && meant !== found) return "unmeant";
  const isOther =
    before !== undefined && found !== undefined
      ? before !== found
      : isWhole(made) && countOf(missing) === countOf(made);
  if (!isOther) return "here";
  return meant === undefined ? "other" : "moved";
}

/** One thing missing is no proof of another store: somebody may have removed it. */
const isWhole = (made: readonly Thing[]) => countOf(made) > 1;

const countOf = (things: readonly Thing[]) => namesOf(things).length;

/**
 * What is to be made in a store that the lab moves to: what is not there, and all that says who may do what. A user of that name may be there
 * already, with another key.
 */
export function toMakeThere(made: readonly Made[], missing: readonly Made[]): Made[] {
  return made.filter((thing) => thing.kind !== "bucket" || missing.includes(thing));
}
