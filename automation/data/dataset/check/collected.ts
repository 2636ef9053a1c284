import type { Findings } from "./findings.ts";
import type { Names } from "./names.ts";
import type { Sample } from "./sample.ts";
import type { Tally } from "./tally.ts";

/** What a look at a data set gathers. None of it grows with the files but the names, by a few bytes each. */
export interface Collected {
  tally: Tally;
  findings: Findings;
  names: Names;
  sample: Sample;
}

/** Counts what was seen of a file, when its turn comes. */
export type Tell = (into: Collected) => void;
