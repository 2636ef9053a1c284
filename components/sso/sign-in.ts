import type { SignIn } from "../cvat/routes.ts";
import { COOKIE, PROXY_PORT, PROXY_PREFIX, SSO_OBJECTS, TOKEN_HEADER } from "./names.ts";
import type { SsoConfig } from "./sso-config.ts";

/** Pages of sign-in that CVAT's server has, below its API. (components/sso/django/urls.py) */
const OWN_PAGES = "/api/sso";

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
    endOfSession: backchannelLogout ? `${OWN_PAGES}/backchannel-logout` : undefined,
  };
}
