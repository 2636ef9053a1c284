import type { Claimed, Work } from "./work.ts";

/** What is to be done in the cluster. */
export interface Wish {
  verb: Work["verb"];
  /** Name of the stack. */
  stack: string;
  /** What the data's bucket is for. */
  role: string;
  prefix: string;
  /** Whether every pixel is decoded. Default: no. */
  deep?: boolean;
  /** Of a push: what is sent. */
  claim?: Claimed;
  dryRun?: boolean;
  /** Pods. Default: 4, and 1 for a claim that only one node may have. */
  pods?: number | undefined;
}
