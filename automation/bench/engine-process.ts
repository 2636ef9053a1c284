import { openStack } from "../engine/stack.ts";
import { runEngine, type Verb } from "../engine/run.ts";
import { silentProgress } from "../progress.ts";

/** One engine run as a process of its own, the way a person or CI starts it: `tsx engine-process.ts VERB FOLDER HOME`. */
const [, , verb, folder, home] = process.argv as [string, string, Verb, string, string];
const stack = await openStack({ stack: "homelab", folder, engine: home, env: {}, create: false });
const { counts } = await runEngine(stack, verb, { progress: silentProgress });
process.stdout.write(JSON.stringify(counts));
