import * as z from "zod";
import { isHttpUrl } from "../../schema/hosts.ts";

const NEAR = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/;

/** The admin API is told secrets: over plain http only where the way ends on this machine, as that of `kubectl port-forward` does. */
const adminAddress = z
  .string()
  .refine(
    (text) => isHttpUrl(text) && !/[?#@]/.test(text) && (text.startsWith("https://") || NEAR.test(text)),
    "must be https://HOST or https://HOST/PATH; http:// is for this machine alone, such as http://127.0.0.1:8080 of a kubectl port-forward",
  );

/** Where the groups in a person's token come from. */
export const GROUPS_FROM = ["membership", "roles"] as const;

/** Schema of `vision-platform:sso.keycloak`. */
export const keycloakConfig = z.strictObject({
  adminClient: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, "must be up to 255 printable letters without blanks")
    .default("vision-platform")
    .describe(
      "Client in the realm by whose service account `up` keeps the client of sign-in. `keycloak bootstrap` makes it, with the one role `manage-clients`.",
    ),
  adminUrl: z
    .literal("")
    .or(adminAddress)
    .default("")
    .describe(
      "Where the machine that runs pulumi reaches Keycloak's admin API: what stands before /admin/realms. Empty: at the issuer's own address.",
    )
    .meta({ examples: ["https://auth-admin.example.com", "http://127.0.0.1:8080"] }),
  groupsFrom: z
    .enum(GROUPS_FROM)
    .default("membership")
    .describe(
      "What a token names. `membership`: every group that somebody is in, by its whole path; with 200 or more the token is larger than CVAT takes, and whoever has so many gets 400 everywhere. `roles`: only groups of this section: each becomes a role of the client, which an administrator gives to the group of the same name in Keycloak, once (`keycloak bootstrap --groups`).",
    ),
});

export type KeycloakConfig = z.output<typeof keycloakConfig>;
