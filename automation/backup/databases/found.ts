import * as z from "zod";
import { UserError } from "../../../components/program/errors.ts";

const counts = z.record(z.string(), z.number());

const about = z.object({
  stamp: z.string(),
  server: z.string(),
  counts,
  dump: z.object({ key: z.string(), bytes: z.number() }),
  recipient: z.string().optional(),
  header: z.string().optional(),
  now: z
    .object({
      server: z.string(),
      counts,
      newer: z.record(z.string(), z.object({ rows: z.number(), newest: z.string() })),
      others: z.array(z.string()),
    })
    .optional(),
  restored: counts.optional(),
});

const result = z.object({
  outcome: z.string(),
  why: z.string().optional(),
  backups: z.array(about).default([]),
  failed: z.array(z.object({ what: z.string(), why: z.string() })).default([]),
});

/** A dump, and what a look or a restore found. (components/backup/script/databases.py) */
export type Found = z.output<typeof about>;

/** @throws UserError for a run that did not do what it was asked */
export function foundOf(told: unknown): Found {
  const parsed = result.safeParse(told);
  if (!parsed.success) throw new UserError("The Job's last words are none of these scripts: run `up`, and this again.");
  const { outcome, why, backups, failed } = parsed.data;
  const [found] = backups;
  if (outcome === "well" && found !== undefined) return found;
  const reasons = [...failed.map((one) => `${one.what}: ${one.why}`), ...(why === undefined ? [] : [why])];
  throw new UserError(reasons.length > 0 ? reasons : `The Job ended as ${outcome} and says no more.`);
}
