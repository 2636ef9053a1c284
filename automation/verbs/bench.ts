import { bench, benchText } from "../bench/bench.ts";
import { streamProgress } from "../progress.ts";
import { cleanUpStale, createHome, freshName, removeHome } from "../rehearsal/cluster/homes.ts";
import { untilStopped } from "../signals.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface BenchFlags extends StackFlags {
  rounds: number;
  chart: Record<string, string>;
}

/** How long preview and up take when nothing changes, beside other tools. */
export async function runBench({ stack, folder, rounds, chart, json }: BenchFlags): Promise<void> {
  await cleanUpStale();
  const home = await createHome(freshName("bench"), { kept: false });
  try {
    const progress = streamProgress();
    const result = await untilStopped(() =>
      bench({ stack, project: folder, rounds, overrides: chart, home, progress }),
    );
    print(result, benchText(result), json);
  } finally {
    await removeHome(home.folder);
  }
}
