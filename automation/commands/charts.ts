import { Command } from "commander";
import type { TryFlags } from "../verbs/charts-try.ts";
import type { ChartsContext, LockOptions } from "../verbs/charts.ts";
import { stackCommand } from "./common.ts";

/** `charts pull` and `charts lock`: the Helm charts of charts.lock.yaml, on this machine and verified. */
export function chartsCommand(context?: () => ChartsContext): Command {
  const command = new Command("charts").description(
    "fetch and verify the Helm charts that are installed; lock versions",
  );

  command
    .command("pull")
    .description("fetch the charts of charts.lock.yaml into the cache and verify them")
    .argument("[names...]", "only these: NAME for all its versions, or NAME@VERSION")
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  npm run platform -- charts pull cvat clearml@7.14.7")
    .action(async (names: string[], { json }: { json?: boolean }) => {
      const { pull, realContext } = await import("../verbs/charts.ts");
      await pull(names, json, context?.() ?? realContext());
    });

  command
    .command("lock")
    .description("fetch a chart's version and record it with its digest in charts.lock.yaml")
    .argument("<name>", "the chart's name")
    .argument("<version>", "the chart's version")
    .option("--repository <url>", "Helm repository (default: as the chart is locked already)")
    .option("--oci <ref>", "REGISTRY/REPOSITORY of a chart in a container registry")
    .option("--default", "take this version where a stack names none")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExample:\n  npm run platform -- charts lock cvat 2.65.0 --oci registry-1.docker.io/cvat/cvat",
    )
    .action(async (name: string, version: string, options: LockOptions) => {
      const { lock, realContext } = await import("../verbs/charts.ts");
      await lock(name, version, options, context?.() ?? realContext());
    });

  command.addCommand(
    stackCommand(
      "try",
      "put charts that nobody has tried into this tree, for a rehearsed preview of them",
      "charts try --newest --stack homelab",
    )
      .option("--newest", "the newest of each chart that the stack installs")
      .option("--base <rev>", "those whose version a bot has changed in charts.lock.yaml since this commit")
      .action(async (flags: TryFlags) => {
        const [{ tryCharts }, { realContext }] = await Promise.all([
          import("../verbs/charts-try.ts"),
          import("../verbs/charts.ts"),
        ]);
        await tryCharts(flags, context?.() ?? realContext());
      }),
  );

  return command;
}
