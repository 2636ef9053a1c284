import * as z from "zod";
import { repeats, type Found } from "../section-rules.ts";
import { secretText } from "../schema.ts";

/** What CVAT can tell of an organization. (CVAT's `apps/webhooks/event_type.py`, at v2.64.0) */
export const WEBHOOK_EVENTS = [
  "create:project",
  "update:project",
  "delete:project",
  "create:task",
  "update:task",
  "delete:task",
  "create:job",
  "update:job",
  "delete:job",
  "create:issue",
  "update:issue",
  "delete:issue",
  "create:comment",
  "update:comment",
  "delete:comment",
  "update:organization",
  "delete:organization",
  "create:invitation",
  "delete:invitation",
  "create:membership",
  "update:membership",
  "delete:membership",
] as const;

/** Schema of an organization's `webhooks`. Lengths are CVAT's. (`apps/webhooks/models.py`) */
export const webhookConfig = z.strictObject({
  name: z.string().min(1).max(128).describe("What it is for; CVAT's page shows it as the description."),
  url: z
    .string()
    .max(8192)
    .refine(
      isFullAddress,
      "must be http(s)://HOST/PATH with a whole host name or an address; CVAT takes no short names",
    )
    .describe(
      "Where CVAT posts to. An address written out is let through CVAT's proxy; if a host name leads to a private one, allow that in `cvat.smokescreen`.",
    )
    .meta({ examples: ["https://ci.example.com/hooks/cvat"] }),
  events: z.array(z.enum(WEBHOOK_EVENTS)).min(1).describe("What CVAT tells: `update:job` for example."),
  secret: secretText({ max: 64 })
    .optional()
    .describe("CVAT signs each message with it, in the header `X-Signature-256`. Default: no signature."),
  verifyTls: z.boolean().default(true).describe("Whether the receiver's certificate is checked."),
  active: z.boolean().default(true).describe("Whether CVAT posts at all."),
});

/** What a stack says of one webhook. */
export type WebhookConfig = z.output<typeof webhookConfig>;

function isFullAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && /^localhost$|\../.test(url.hostname);
}

/** Names and addresses that two webhooks of one organization share: by the address CVAT's record is found again. */
export function webhookProblems(webhooks: readonly WebhookConfig[], path: readonly (string | number)[]): Found[] {
  return (["name", "url"] as const).flatMap((field) =>
    repeats(webhooks.map((one, index) => [index, one[field]] as const)).map(({ key, first }) => ({
      path: [...path, key, field],
      message: `is that of webhooks[${first}] in the same organization; give each its own`,
    })),
  );
}
