import { withRules } from "../schema/section-rules.ts";
import { objectStoreSettings } from "./object-store-config.ts";
import { objectStoreRules } from "./rules.ts";

/** Schema of `vision-platform:objectStore`. */
export const objectStoreConfig = withRules(objectStoreSettings, objectStoreRules);
