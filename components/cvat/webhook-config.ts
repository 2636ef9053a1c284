import * as z from "zod";
import { listedTwice, repeats, type Found } from "../schema/section-rules.ts";
import { secretText } from "../schema/values.ts";
import { trimmedName } from "./texts.ts";

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

/** What Django takes at most. CVAT's own limit of 8192 is never reached. (Django's URLValidator, at 4.2.30) */
const LONGEST_URL = 2048;
const LONGEST_HOST = 253;

/** Schema of an organization's `webhooks`. Lengths are CVAT's. (`apps/webhooks/models.py`) */
export const webhookConfig = z.strictObject({
  name: trimmedName(128).describe("What it is for; CVAT's page shows it as the description."),
  url: z
    .string()
    .max(LONGEST_URL, `must have at most ${LONGEST_URL} characters: CVAT takes no more`)
    .refine(
      isFullAddress,
      "must be http(s)://HOST/PATH with a whole host name or an address, as CVAT takes it: no short names, no `_`, no blanks",
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

const LABEL = "[a-z\u00a1-\uffff0-9](?:[a-z\u00a1-\uffff0-9-]{0,61}[a-z\u00a1-\uffff0-9])?";
const LAST_LABEL = "(?:[a-z\u00a1-\uffff](?:[a-z\u00a1-\uffff-]{0,61}[a-z\u00a1-\uffff])|xn--[a-z0-9]{1,59})";
const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const FULL_ADDRESS = new RegExp(
  `^https?://(?:[^\\s:@/]+(?::[^\\s:@/]*)?@)?(?:${OCTET}(?:\\.${OCTET}){3}|\\[[0-9a-f:.]+\\]|(?:${LABEL}\\.)+${LAST_LABEL}\\.?|localhost)(?::[0-9]{1,5})?(?:[/?#]\\S*)?$`,
  "i",
);

/** What both Django and a client take: a host as DNS has it. */
function isFullAddress(text: string): boolean {
  return FULL_ADDRESS.test(text) && URL.canParse(text) && new URL(text).hostname.length <= LONGEST_HOST;
}

/**
 * Names and addresses that two webhooks of one organization share: by the address CVAT's record is found again. And events that stand in a list
 * twice: CVAT keeps each once, and the difference would be seen for ever.
 */
export function webhookProblems(webhooks: readonly WebhookConfig[], path: readonly (string | number)[]): Found[] {
  return [
    ...(["name", "url"] as const).flatMap((field) =>
      repeats(webhooks.map((one, index) => [index, one[field]] as const)).map(({ key, first }) => ({
        path: [...path, key, field],
        message: `is that of webhooks[${first}] in the same organization; give each its own`,
      })),
    ),
    ...webhooks.flatMap(({ events }, index) => listedTwice(events, [...path, index, "events"])),
  ];
}
