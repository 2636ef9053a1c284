import type { SignIn } from "../cvat/routes.ts";
import { BACKCHANNEL_PATH, COOKIE, OWN_PAGES, PROXY_PORT, PROXY_PREFIX, SSO_OBJECTS, TOKEN_HEADER } from "./names.ts";
import type { SsoConfig } from "./sso-config.ts";

/** What a stack says of sign-in, as CVAT's routes know it. */
export function signInOf({ tokenHost, passwordLogin, backchannelLogout }: SsoConfig): SignIn {
  return {
    gatekeeper: {
      service: SSO_OBJECTS.proxy,
      port: PROXY_PORT,
      header: TOKEN_HEADER,
      cookie: COOKIE,
      prefix: PROXY_PREFIX,
    },
    tokenHost: tokenHost === "" ? undefined : tokenHost,
    passwords: passwordLogin,
    signedOut: `${OWN_PAGES}/signed-out`,
    endOfSession: backchannelLogout ? BACKCHANNEL_PATH : undefined,
  };
}
