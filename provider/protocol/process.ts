import type { Plugin } from "./plugin.ts";
import { serve } from "./serve.ts";

/** How often it is seen whether the engine is still there, in milliseconds. */
const LOOK_MS = 1_000;

/** Serves a plugin as the engine starts one: it hands over its address, and reads the port from the output. */
export async function serveAsProcess(plugin: Plugin): Promise<void> {
  const parent = process.ppid;
  const [, , engine] = process.argv;
  const { port, stop } = await serve(plugin, engine);
  process.stdout.write(`${port}\n`);
  setInterval(() => {
    // An engine that was killed ends no plugin.
    if (process.ppid === parent) return;
    stop();
    process.exit(1);
  }, LOOK_MS);
}
