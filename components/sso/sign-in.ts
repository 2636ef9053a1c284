import type { SignIn } from "../cvat/routes.ts";
import { COOKIE, PROXY_PORT, PROXY_PREFIX, SSO_OBJECTS, TOKEN_HEADER } from "./names.ts";
import type { SsoConfig } from "./sso-config.ts";

/** Where the issuer says that a session ended. In CVAT, which alone knows the tokens that are refused from then on. */
export const END_OF_SESSION = "/api/auth/backchannel-logout";

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
    endOfSession: backchannelLogout ? END_OF_SESSION : undefined,
  };
}
