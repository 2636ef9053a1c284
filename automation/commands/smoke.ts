import { type Command, InvalidArgumentError } from "commander";
import { STEP_NAMES, type StepName } from "../smoke/names.ts";
import type { SmokeFlags } from "../verbs/smoke.ts";
import { dataCommand } from "./common.ts";

/** `smoke`: whether a lab works, by doing once what people do in it. */
export function smokeCommand(): Command {
  return dataCommand(
    "smoke",
    "do once what people do in CVAT, from signing in to an export, say at which step what fails, and remove it again",
    "smoke --only frame,export-coco",
  )
    .option(
      "--only <steps>",
      `these steps and those they need, with commas between: ${STEP_NAMES.join(", ")} (default: all)`,
      steps,
    )
    .action(async (flags: SmokeFlags) => (await import("../verbs/smoke.ts")).smoke(flags));
}

function steps(text: string): StepName[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !STEP_NAMES.some((one) => one === name));
  if (unknown.length > 0) throw new InvalidArgumentError(`has no step ${unknown.join(", ")}.`);
  return STEP_NAMES.filter((name) => names.includes(name));
}
