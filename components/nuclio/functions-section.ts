import * as z from "zod";
import { withRules } from "../schema/section-rules.ts";
import { functionSettings } from "./function-config.ts";
import { nameProblem } from "./function-name.ts";
import { FUNCTION_RULES } from "./rules.ts";

const name = z.string().superRefine((text, context) => {
  const message = nameProblem(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** Schema of `vision-platform:functions`: every function by its name. */
export const functionsConfig = z.record(name, withRules(functionSettings, FUNCTION_RULES));
