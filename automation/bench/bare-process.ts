import { openBare, type BareVerb } from "./bare.ts";

/** One run of the bare program as a process of its own: `node loader/run.mjs automation/bench/bare-process.ts VERB HOME KUBECONFIG`. */
const [, , verb, home, kubeconfig] = process.argv as [string, string, BareVerb, string, string];
const bare = await openBare(home, { kubeconfig, env: {} });
await bare[verb]();
