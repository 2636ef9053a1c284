import { withRules } from "../schema/section-rules.ts";
import { SSO_RULES } from "./rules.ts";
import { ssoSettings } from "./sso-config.ts";

/** Schema of `vision-platform:sso`. */
export const ssoConfig = withRules(ssoSettings, SSO_RULES);
