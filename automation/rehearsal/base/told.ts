import type { Home } from "../cluster/homes.ts";
import type { RehearsalChart } from "../charts.ts";

/** What a base's checkout is told to bring up, as JSON. */
export interface Order {
  stack: string;
  /** Folder of Pulumi.yaml and the stack file, in that checkout. */
  project: string;
  /** Made and owned by who tells. */
  home: Home;
  /** Where it says what came of it. */
  answer: string;
}

/** What is known of a base that is up. */
export interface BaseRecord {
  charts: Pick<RehearsalChart, "name" | "version" | "kind">[];
}

/** What came of it: the base is up, or why not. */
export type Answer = BaseRecord | { problems: readonly string[] };
