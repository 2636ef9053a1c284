import { jobKind, type JobInputs } from "../../readiness/job-kind.ts";
import { USERS } from "../names.ts";

interface Inputs extends JobInputs {
  /** How long the Job may take, in milliseconds. */
  timeoutMs: number;
}

/** A wait until the Job has made CVAT's users. */
export const kind = jobKind<Inputs>("ready", ({ timeoutMs }) => ({
  name: USERS,
  failed: "CVAT's users were not made",
  timeoutMs,
}));
