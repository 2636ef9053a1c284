import type { Command } from "commander";
import type { OutputFlags } from "../verbs/outputs.ts";
import { stackCommand } from "./common.ts";

/** `outputs`: every URL, namespace and version; secrets only when asked for. */
export function outputsCommand(): Command {
  return stackCommand("outputs", "print every URL, namespace and version of the stack", "outputs --show-secrets")
    .option("--show-secrets", "print passwords and keys too, in clear")
    .action(async (flags: OutputFlags) => (await import("../verbs/outputs.ts")).outputs(flags));
}
