import { withRules } from "../schema/section-rules.ts";
import { discoverySettings } from "./discovery-config.ts";
import { DISCOVERY_RULES } from "./rules.ts";

/** Schema of `vision-platform:discovery`. */
export const discoveryConfig = withRules(discoverySettings, DISCOVERY_RULES);
