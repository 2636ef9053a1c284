import type { DataFlags } from "../data/connect/lab.ts";

/** What every verb about a data set in the bucket takes. */
export interface DatasetFlags extends DataFlags {
  /** What the bucket is for. */
  bucket: string;
  json?: true;
}
