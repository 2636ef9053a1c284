import type { Command } from "commander";
import { bench, benchText } from "../bench/bench.ts";
import { streamProgress } from "../progress.ts";
import { cleanUpStale, createHome, freshName, removeHome } from "../rehearsal/cluster/homes.ts";
import { chartOption, print, stackCommand, wholeNumber, type StackFlags } from "./common.ts";

interface BenchFlags extends StackFlags {
  rounds: number;
  chart: Record<string, string>;
}

/** `bench`: how long preview and up take when nothing changes, beside other tools. */
export function benchCommand(): Command {
  return stackCommand(
    "bench",
    "measure preview and up that change nothing, beside other tools on a rehearsal's cluster",
    "bench --rounds 9 --chart clearml=../clearml-helm-charts/charts/clearml",
  )
    .option("--rounds <n>", "how often each is measured", wholeNumber, 5)
    .addOption(chartOption())
    .action(run);
}

async function run({ stack, folder, rounds, chart, json }: BenchFlags): Promise<void> {
  await cleanUpStale();
  const home = await createHome(freshName("bench"), { kept: false });
  try {
    const result = await bench({ stack, project: folder, rounds, overrides: chart, home, progress: streamProgress() });
    print(result, benchText(result), json);
  } finally {
    await removeHome(home.folder);
  }
}
