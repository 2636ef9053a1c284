import type { Command } from "commander";
import { openUserStack } from "../engine/door.ts";
import { readOutputs } from "../engine/outputs.ts";
import { streamProgress } from "../progress.ts";
import { outputsText } from "../report/places.ts";
import { print, stackCommand, type StackFlags } from "./common.ts";

interface OutputFlags extends StackFlags {
  showSecrets?: true;
}

/** `outputs`: every URL, namespace and version; secrets only when asked for. */
export function outputsCommand(): Command {
  return stackCommand("outputs", "print every URL, namespace and version of the stack", "outputs --show-secrets")
    .option("--show-secrets", "print passwords and keys too, in clear")
    .action(outputs);
}

async function outputs({ stack: name, folder, json, showSecrets }: OutputFlags): Promise<void> {
  const progress = streamProgress();
  const { stack } = await openUserStack({ stack: name, folder, create: false, progress });
  const found = await readOutputs(stack, { showSecrets: showSecrets ?? false });
  print(found, outputsText(found), json);
}
