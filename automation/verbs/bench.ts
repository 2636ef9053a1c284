import { bench, benchText } from "../bench/bench.ts";
import { growth, growthText } from "../bench/growth.ts";
import { streamProgress } from "../progress.ts";
import { cleanUpStale, createHome, freshName, removeHome, type Home } from "../rehearsal/cluster/homes.ts";
import { untilStopped } from "../signals.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface BenchFlags extends StackFlags {
  rounds: number;
  growth?: true;
  chart: Record<string, string>;
}

/** How long preview and up take when nothing changes, beside other tools. */
export async function runBench({ stack, folder, rounds, growth: grows, chart, json }: BenchFlags): Promise<void> {
  await cleanUpStale();
  const options = { stack, project: folder, rounds, overrides: chart, progress: streamProgress() };
  await untilStopped(async () => {
    if (grows) {
      const result = await growth({ ...options, inHome });
      print(result, growthText(result), json);
    } else {
      const result = await inHome((home) => bench({ ...options, home }));
      print(result, benchText(result), json);
    }
  });
}

async function inHome<T>(work: (home: Home) => Promise<T>): Promise<T> {
  const home = await createHome(freshName("bench"), { kept: false });
  try {
    return await work(home);
  } finally {
    await removeHome(home.folder);
  }
}
