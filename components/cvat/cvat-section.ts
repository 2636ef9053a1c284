import { withRules } from "../schema/section-rules.ts";
import { cvatSettings } from "./cvat-config.ts";
import { CVAT_RULES } from "./rules.ts";

/** Schema of `vision-platform:cvat`. */
export const cvatConfig = withRules(cvatSettings, CVAT_RULES);
