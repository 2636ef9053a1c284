import type { Command } from "commander";
import type { AnnotateFlags } from "../verbs/task-annotate.ts";
import { dataCommand, share } from "./common.ts";

/** `task annotate`: a function over a task, through CVAT. */
export function annotateCommand(): Command {
  return dataCommand(
    "annotate",
    "have a function annotate a task through CVAT; Ctrl-C cancels the run, which keeps what it has done",
    "task annotate street --function yolo11x --mapping car=vehicle,bus=vehicle",
  )
    .argument("<task>", "the task, by its name or as #number")
    .option("--project <name>", "of this project, where others have a task of that name")
    .option("--function <name>", "a detector that CVAT knows (function list)")
    .option("--threshold <share>", "least confidence, 0 to 1; passed on to the function (default: its own)", share)
    .option(
      "--mapping <pairs>",
      "MODEL=TASK,MODEL=TASK, or a file of YAML or JSON, with attributes (default: labels of equal names)",
    )
    .option(
      "--replace",
      "remove what the task has; it is exported first, and comes back where the run fails or is cancelled",
    )
    .option("--dry-run", "check everything, say what would be done, and do nothing")
    .option("--cancel", "instead: cancel the run that is on")
    .action(async (task: string, flags: AnnotateFlags) =>
      (await import("../verbs/task-annotate.ts")).annotateTask(task, flags),
    );
}
