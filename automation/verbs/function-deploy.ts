import { UserError } from "../../components/program/errors.ts";
import { countsText } from "../engine/counts.ts";
import { openUserStack } from "../engine/door.ts";
import { runEngine } from "../engine/run.ts";
import { streamProgress } from "../progress.ts";
import { functionLab } from "../functions/lab.ts";
import { functionUrns } from "../functions/urns.ts";
import { wholeUpFirst } from "../functions/whole-up-first.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

/** `function deploy`: what `up` would do to one function, and to nothing else. */
export async function deploy(name: string, { stack: stackName, folder, json }: StackFlags): Promise<void> {
  const progress = streamProgress();
  const { functions } = (await functionLab({ stack: stackName, folder })).plan;
  const found = functions[name];
  if (!found) {
    const known = Object.keys(functions).sort().join(", ") || "none";
    throw new UserError(`The stack file has no function ${name}. It has: ${known}.`, { exitCode: 2 });
  }
  const { stack } = await openUserStack({ stack: stackName, folder, create: false, progress });
  const target = functionUrns(stackName, name, found.config);
  const outcome = await runEngine(stack, "up", { progress, target }).catch((error: unknown) => {
    throw wholeUpFirst(error, stackName);
  });
  print({ function: name, ...outcome }, `${name}: ${countsText(outcome.counts, "did")}.`, json);
}
