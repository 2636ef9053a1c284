import type { Made } from "./made.ts";

/** What was found of the object store before anything was registered. */
export interface StoreFindings {
  /** Whether it was looked at: a preview goes on without. */
  seen: boolean;
  /** Names of the lab's buckets that are there. Each is taken over; making it would fail. */
  existing: ReadonlySet<string>;
  /** Id of the deployment that the lab's buckets and users are in; not known of a store that does not tell it. */
  deployment?: string | undefined;
  /** What is in state and has to be made again. */
  missing: readonly Made[];
}

/** Of a lab without a store, or with one of which nothing is known. */
export const NOTHING_FOUND: StoreFindings = { seen: false, existing: new Set(), missing: [] };
