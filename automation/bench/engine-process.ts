import { openStack } from "../engine/stack.ts";
import { runEngine, type Verb } from "../engine/run.ts";
import { silentProgress } from "../progress.ts";

/** One engine run as a process of its own, the way a person or CI starts it: `node loader/run.mjs automation/bench/engine-process.ts VERB STACK FOLDER HOME`. */
const [, , verb, name, folder, home] = process.argv as [string, string, Verb, string, string, string];
const stack = await openStack({ stack: name, folder, engine: home, env: {}, create: false });
const { counts } = await runEngine(stack, verb, { progress: silentProgress });
process.stdout.write(JSON.stringify(counts));
