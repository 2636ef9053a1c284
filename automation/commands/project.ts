import { Command } from "commander";
import type { ApplyFlags } from "../verbs/project.ts";
import { dataCommand } from "./common.ts";

/** `project`: what is annotated in CVAT, and with which labels. */
export function projectCommand(): Command {
  return new Command("project").description("projects of CVAT: their labels and storages, from a file").addCommand(
    dataCommand("apply", "make a project of CVAT what a file says; shows the plan first", "project apply street.yaml")
      .argument("<file>", "YAML: name, labels, sourceStorage, targetStorage")
      .option("--dry-run", "show the plan and do nothing")
      .option("--force", "remove labels that have annotations, and those with them")
      .action(async (file: string, flags: ApplyFlags) => (await import("../verbs/project.ts")).applyFile(file, flags)),
  );
}
