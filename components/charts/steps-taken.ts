import * as z from "zod";
import type { Jump, JumpMade } from "./jumps.ts";

/** How a person says that the steps before a known-bad step between versions were taken: for that one, to that version, and for no other. */
export const tokenOf = ({ jump, to }: JumpMade): string => `${jump.id}@${to}`;

/** By which a person says that a system goes to a release without a backup of its database: to that one, and to no other. */
export const WITHOUT_BACKUP = "without-backup";

/** By which `upgrade back` says that the database was put back as a backup of that release has it. */
export const RESTORED_BACKUP = "restored-backup";

/** `stepsTaken` of a system's section. It is a key and no flag, since a plain `pulumi up` must take it too. */
export function stepsTaken(jumps: readonly Jump[]) {
  const ids = [
    ...jumps.filter(({ handled }) => handled === undefined).map(({ id }) => id),
    WITHOUT_BACKUP,
    RESTORED_BACKUP,
  ];
  const token = z
    .string()
    .regex(
      new RegExp(`^(${ids.join("|")})@[A-Za-z0-9][A-Za-z0-9._-]*$`),
      `must be one of ${ids.join(", ")}, with @ and the version: ${ids[0] ?? ""}@1.2.3`,
    );
  return z
    .array(token)
    .default([])
    .describe(
      `Steps between versions that are known to go wrong, and before which you did what \`upgrade check\` says: ID@VERSION each. Only that one, to that version, is let through. ${WITHOUT_BACKUP}@VERSION: to that version without a backup of the database.`,
    );
}
