import { Command, Option } from "commander";
import type { ImportFlags } from "../verbs/annotations.ts";
import type { ExportFlags } from "../verbs/annotations-export.ts";
import type { ZipFlags } from "../verbs/annotations-zip.ts";
import { dataCommand } from "./common.ts";

/** `annotations`: boxes on their way into CVAT and out of it. */
export function annotationsCommand(): Command {
  return new Command("annotations")
    .description("label files into a zip, the zip into a task, and annotations out of tasks and projects")
    .addCommand(
      dataCommand(
        "zip",
        "write label files of YOLO into a zip that CVAT imports, each by the whole key of its frame",
        "annotations zip ~/street/data.yaml --task street --output street.zip",
      )
        .argument("<place>", "a folder of label files, or a data.yaml")
        .option(
          "--labels <file>",
          "names of the classes: obj.names, classes.txt or data.yaml (default: the data set's own)",
        )
        .option("--task <name>", "the task whose frames the labels are for")
        .option("--project <name>", "the project that the task is in, where several have its name")
        .addOption(
          new Option(
            "--frames <file>",
            "names of the frames, one a line, in the place of a task: nothing is asked of CVAT",
          ).conflicts(["task", "project"]),
        )
        .addOption(new Option("--output <file>", "write the zip there").conflicts("to"))
        .option(
          "--to <prefix>",
          "write it below this prefix of the bucket for exports; a key that ends in .zip is its whole key",
        )
        .option("--partial", "leave label files out that belong to no frame of the task")
        .option("--force", "overwrite")
        .action(async (place: string, flags: ZipFlags) => {
          const { frames, output } = flags;
          // What reaches the lab takes a while to load.
          if (frames === undefined || output === undefined) return (await work()).zipInLab(place, flags);
          return (await import("../verbs/annotations-zip.ts")).zipHere(place, { ...flags, frames, output });
        }),
    )
    .addCommand(
      dataCommand(
        "import",
        "check a zip, bring it into a task, and compare what the task has then",
        "annotations import street street.zip",
      )
        .argument("<task>", "the task, by name or as #NUMBER")
        .argument("<zip>", "a file here, or s3://BUCKET/KEY in the bucket for exports")
        .option("--project <name>", "the project that the task is in, where several have its name")
        .option("--format <name>", "the zip's format, as CVAT calls it", "YOLO 1.1")
        .option("--replace", "the task may have annotations: they are exported, then replaced")
        .option("--keep <file>", "export them to this file (default: into the bucket for exports)")
        .action(async (task: string, zip: string, flags: ImportFlags) => (await work()).importZip(task, zip, flags)),
    )
    .addCommand(
      dataCommand(
        "export",
        "have CVAT export annotations anew; of a project with its subsets",
        'annotations export streets --format "COCO 1.0" --to exports/streets/',
      )
        .argument("<name>", "a task or a project, by name or as #NUMBER")
        .requiredOption("--format <name>", "as CVAT calls it: COCO 1.0, CVAT for images 1.1, CVAT for video 1.1, …")
        .addOption(
          new Option("--kind <kind>", "which of the two it is, where both have the name").choices(["task", "project"]),
        )
        .option("--subset <name>", "of a project: its tasks of this subset, each a zip of its own")
        .option("--images", "with the pictures")
        .addOption(new Option("--output <file>", "write it there").conflicts("to"))
        .option(
          "--to <prefix>",
          "have CVAT put it below this prefix of the bucket for exports; a key that ends in .zip is its whole key",
        )
        .option("--force", "overwrite")
        .action(async (name: string, flags: ExportFlags) =>
          (await import("../verbs/annotations-export.ts")).exportThem(name, flags),
        ),
    );
}

const work = () => import("../verbs/annotations.ts");
