import type { DataFile } from "../source.ts";
import type { Findings } from "./findings.ts";
import type { Sample } from "./sample.ts";
import type { Tally } from "./tally.ts";

/** Is told each name of a picture and of a label file, in their order. */
export interface NamesSeen {
  picture(name: string): void;
  label(name: string): void;
}

/** What a look at a data set gathers. None of it grows with the files but the names, by a few bytes each. */
export interface Collected<N extends NamesSeen = NamesSeen> {
  tally: Tally;
  findings: Findings;
  names: N;
  sample: Sample<DataFile>;
}

/** Counts what was seen of a file, when its turn comes. */
export type Tell = (into: Collected) => void;
