import { openUserStack } from "../engine/door.ts";
import { readOutputs } from "../engine/outputs.ts";
import { streamProgress } from "../progress.ts";
import { outputsText } from "../report/places.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface OutputFlags extends StackFlags {
  showSecrets?: true;
}

/** Every URL, namespace and version; secrets only when asked for. */
export async function outputs({ stack: name, folder, json, showSecrets }: OutputFlags): Promise<void> {
  const progress = streamProgress();
  const { stack } = await openUserStack({ stack: name, folder, create: false, reads: true, progress });
  const found = await readOutputs(stack, { showSecrets: showSecrets ?? false });
  print(found, outputsText(found), json);
}
