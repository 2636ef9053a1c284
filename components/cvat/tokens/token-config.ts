import * as z from "zod";
import { ruleAt, type SectionRule } from "../../schema/section-rules.ts";

const rotation = z
  .int()
  .min(0)
  .default(0)
  .describe("Counted up, the next `up` makes a new token and takes the former one back.");

/** A personal access token that the stack keeps: of whom, what it may, and how long it is good. */
export const keptTokenConfig = z.strictObject({
  user: z
    .string()
    .min(1)
    .describe(
      "Whose it is, of `cvat.users`: it may no more than he may. Not the superuser, and nobody with the role `admin`.",
    ),
  readOnly: z
    .boolean()
    .default(true)
    .describe(
      "Whether it only reads. Such a token may still export, and download whole projects and their backups, as far as its user may.",
    ),
  days: z
    .int()
    .min(1)
    .max(3650)
    .default(90)
    .describe("How long it is good, in days, from when it was made or renewed."),
  renewBefore: z
    .int()
    .min(1)
    .default(30)
    .describe(
      "How many days before its end `up` renews it. It cannot renew itself: where nobody runs `up` for as long, it ends.",
    ),
  rotation,
});

export type KeptTokenConfig = z.output<typeof keptTokenConfig>;

/** The rule of a section that has one under `token`: it is renewed while it is good. */
export const TOKEN_LIFE: SectionRule<{ token?: KeptTokenConfig | undefined }> = ruleAt(
  ["token", "renewBefore"],
  ["token"],
  ({ token }) =>
    token === undefined || token.renewBefore < token.days
      ? undefined
      : `must be less than the ${token.days} days that it is good, or each \`up\` renews it`,
);
