import type { Command } from "commander";
import type { BenchFlags } from "../verbs/bench.ts";
import { chartOption, stackCommand, wholeNumber } from "./common.ts";

/** `bench`: how long preview and up take when nothing changes, beside other tools. */
export function benchCommand(): Command {
  return stackCommand(
    "bench",
    "measure preview and up that change nothing, beside other tools on a rehearsal's cluster",
    "bench --rounds 9 --chart clearml=../clearml-helm-charts/charts/clearml",
  )
    .option("--rounds <n>", "how often each is measured", wholeNumber, 5)
    .option(
      "--growth",
      "instead: what each resource costs, with 1, 10 and 100 functions, buckets and cloud storages more (5 minutes)",
    )
    .option(
      "--labels",
      "instead: annotations zip of 1,000, 10,000 and 100,000 label files beside the script that people had (5 minutes)",
    )
    .option("--data", "instead: push, pull and ls beside s5cmd, up to a million files (10 minutes, 1 GB)")
    .option(
      "--manifest",
      "instead: dataset manifest of 1,000 to 1,000,000 objects that it knows beside a plain listing (5 minutes)",
    )
    .option(
      "--backups",
      "instead: backups of 100 projects beside a script that only has CVAT write each zip, verify and restore (10 minutes)",
    )
    .addOption(chartOption())
    .action(async (flags: BenchFlags) => (await import("../verbs/bench.ts")).runBench(flags));
}
