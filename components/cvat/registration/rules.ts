import { ruleAt, type SectionRule } from "../../schema/section-rules.ts";
import type { CvatConfig } from "../cvat-config.ts";
import { SETTINGS_VARIABLE } from "./settings.ts";

/** One settings module can be named, and ours is what closes registration. */
export const REGISTRATION_RULES: readonly SectionRule<Pick<CvatConfig, "env" | "registration">>[] = [
  ruleAt(["env", SETTINGS_VARIABLE], ["env", "registration"], ({ env, registration }) =>
    registration === "closed" && SETTINGS_VARIABLE in env
      ? "names other settings than those that close registration; take it out, or set cvat.registration to `open`"
      : undefined,
  ),
];
