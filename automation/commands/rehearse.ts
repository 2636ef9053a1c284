import type { Command } from "commander";
import type { RehearseFlags } from "../verbs/rehearse.ts";
import { chartOption, stackCommand, wholeNumber } from "./common.ts";

/** `rehearse`: the whole stack on a real API server on this machine, with no cluster and no container. */
export function rehearseCommand(): Command {
  return stackCommand(
    "rehearse",
    "bring the whole stack up on a real API server on this machine, and say what was installed",
    "rehearse --keep --chart clearml=../clearml-helm-charts/charts/clearml",
  )
    .option("--keep", "leave it running; run again with --keep to update what is there")
    .option("--down", "end the rehearsal that --keep left running")
    .addOption(chartOption())
    .option(
      "--like <file>",
      "what your cluster has, read from it by this kubeconfig (nothing is changed there) or from the file written of it",
    )
    .option("--parallel <n>", "how many objects the engine works on at once", wholeNumber)
    .action(async (flags: RehearseFlags) => (await import("../verbs/rehearse.ts")).rehearse(flags));
}
