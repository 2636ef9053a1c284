import type { MemberRole } from "../client/types.ts";

/** An account in CVAT for a program of the lab. It is nobody's, and goes with what it is for. */
export interface OwnAccount {
  username: string;
  firstName: string;
  lastName: string;
  role: "user" | "worker";
  /** What it is in each organization of the stack. */
  membership: MemberRole;
}
