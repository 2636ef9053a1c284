import { withRules } from "../schema/section-rules.ts";
import { AGENT_RULES } from "./agent/rules.ts";
import { clearmlSettings } from "./clearml-config.ts";
import { CLEARML_RULES } from "./rules.ts";

/** Schema of `vision-platform:clearml`. */
export const clearmlConfig = withRules(clearmlSettings, [...CLEARML_RULES, ...AGENT_RULES]);
