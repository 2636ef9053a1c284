import { readFileSync, writeSync } from "node:fs";
import type { EngineEvent, UpOptions } from "@pulumi/pulumi/automation/index.js";
import { runEngine } from "../../../automation/engine/run.ts";
import { openStack, type StackOptions } from "../../../automation/engine/stack.ts";
import { outliveReaders } from "../../../automation/lost-reader.ts";
import { streamProgress } from "../../../automation/progress.ts";
import { useEnvironmentProxy } from "../../../components/rest/proxy.ts";
import { UserError } from "../../../components/program/errors.ts";

/**
 * An `up` in a process of its own, to be killed, which says on stdout what the engine begins and ends, a line each, as it hears of it:
 * `node ../../../loader/run.mjs killed-run.ts OPTIONS`, a file with the options of the stack as JSON.
 */
const options = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as StackOptions;

outliveReaders();
await useEnvironmentProxy();
const stack = await openStack(options);
const up = stack.up.bind(stack);
stack.up = (given?: UpOptions) =>
  up({
    ...given,
    onEvent: (event: EngineEvent) => {
      const began = event.resourcePreEvent?.metadata;
      const done = event.resOutputsEvent?.metadata;
      if (began && began.op !== "same") writeSync(1, `began ${began.urn}\n`);
      if (done && done.op !== "same") writeSync(1, `done ${done.urn}\n`);
      given?.onEvent?.(event);
    },
  });
try {
  await runEngine(stack, "up", { progress: streamProgress() });
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof UserError ? error.exitCode : 1);
}
