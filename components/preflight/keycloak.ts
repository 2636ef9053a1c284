import type { Finding } from "./check.ts";
import type { SsoConfig } from "../sso/sso-config.ts";
import { millisecondsOf } from "../schema/values.ts";

/** What a look at the realm gives, before anything is registered. */
export interface RealmFacts {
  realm: string;
  /** How long its tokens are good, in milliseconds. Undefined: the service account's client has a life of its own for them. */
  tokenLifeMs: number | undefined;
}

const AT = "vision-platform:sso";

/** Whether a token is renewed before it ends: without that everybody is signed out as soon as the first one has ended. (sign-in-parts.md 3) */
export function tokensAreRenewed(
  { realm, tokenLifeMs }: RealmFacts,
  { refresh, tokenLifetime, keycloak }: Pick<SsoConfig, "refresh" | "tokenLifetime" | "keycloak">,
): Finding[] {
  if (tokenLifeMs === undefined)
    return [
      {
        severity: "warning",
        path: `${AT}.keycloak.adminClient`,
        message: `Its client ${keycloak?.adminClient ?? ""} has a life of its own for its tokens (Advanced, Access Token Lifespan), so nobody sees that of realm ${realm}: it is taken to be ${AT}.tokenLifetime, ${tokenLifetime}. Take it out there.`,
      },
    ];
  if (millisecondsOf(refresh) < tokenLifeMs) return [];
  return [
    {
      severity: "refusal",
      path: `${AT}.refresh`,
      message: `Is ${refresh}, and tokens of realm ${realm} are good for ${tokenLifeMs / 1000} s: everybody would be signed out by then. Set it below that, or let the realm's tokens live longer (Realm settings, Tokens, Access Token Lifespan; and ${AT}.tokenLifetime).`,
    },
  ];
}
