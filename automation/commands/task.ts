import { Command, InvalidArgumentError, Option } from "commander";
import type { AssignFlags, DeleteFlags, LsFlags, StatusFlags } from "../verbs/task.ts";
import type { CreateFlags } from "../verbs/task-create.ts";
import { dataCommand, wholeNumber } from "./common.ts";
import { annotateCommand } from "./task-annotate.ts";

const STATES = ["empty", "annotation", "validation", "completed"];
const STAGES = ["annotation", "validation", "acceptance"];

/** `task`: what people annotate, from the bucket to who does it and how far it is. */
export function taskCommand(): Command {
  return new Command("task")
    .description("tasks of CVAT: make them of what is in a bucket, deal them out, see how far they are, remove them")
    .addCommand(createCommand())
    .addCommand(
      dataCommand(
        "ls",
        "tasks, how far they are and what they have",
        "task ls --project street --older-than 30d --size",
      )
        .option("--project <name>", "of this project alone")
        .option("--older-than <span>", "not changed for so long: 12h, 30d, 8w")
        .addOption(new Option("--state <state>", "in this state alone").choices(STATES))
        .option("--size", "what their pictures have in the bucket, which is asked for each task")
        .action(async (flags: LsFlags) => (await work()).ls(flags)),
    )
    .addCommand(
      dataCommand(
        "delete",
        "delete a task with its annotations; without --yes only say what would go",
        'task delete "street 2" --project street --yes "street 2"',
      )
        .argument("<task>", "the task, by its name or as #number")
        .option("--project <name>", "of this project, where others have a task of that name")
        .option("--yes <name>", "do it; its name once more, so that none goes by mistake")
        .option("--saved <key>", "an object in the bucket of the role cvat that has its export or backup")
        .option("--force", "though no export or backup is known")
        .action(async (task: string, flags: DeleteFlags) => (await work()).remove(task, flags)),
    )
    .addCommand(
      dataCommand(
        "assign",
        "deal the jobs of a task or project out to people",
        "task assign street --to anna,ben --by frames",
      )
        .argument("<task|project>", "the task or project, by its name or as #number")
        .requiredOption("--to <names>", "user names of members of the organization, with commas between", names)
        .addOption(
          new Option("--kind <kind>", "which of the two it is, where both have the name").choices(["task", "project"]),
        )
        .addOption(
          new Option("--by <what>", "whether each gets as many jobs or as many frames")
            .choices(["jobs", "frames"])
            .default("jobs"),
        )
        .addOption(
          new Option("--stage <stage>", "the stage that the jobs get (default: they keep theirs)").choices(STAGES),
        )
        .option("--lead <name>", "who is responsible for the whole: may set stages and assign jobs")
        .option("--dry-run", "say who would get what and do nothing")
        .action(async (name: string, flags: AssignFlags) => (await work()).assign(name, flags)),
    )
    .addCommand(annotateCommand())
    .addCommand(
      dataCommand("status", "who has what of a project, how far it is, what waits for review", "task status street")
        .argument("<project>", "the project, by its name or as #number")
        .action(async (project: string, flags: StatusFlags) => (await work()).status(project, flags)),
    );
}

function createCommand(): Command {
  return dataCommand(
    "create",
    "make tasks of pictures or films in a bucket; run again it goes on where it stopped",
    "task create street --project street --from street/images/",
  )
    .argument("<name>", "name of the task; where there are more, the others are NAME 2, NAME 3, …")
    .requiredOption("--project <name>", "the project they belong to")
    .option("--from <prefix>", "take what is below this in the bucket; may be repeated", collected, [])
    .option("--list <file>", "take the objects that this file lists instead, a key a line")
    .option("--bucket <role>", "the bucket, by what it is for", "datasets")
    .option("--per-task <number>", "pictures of one task at most", wholeNumber, 10_000)
    .option("--segment-size <frames>", "frames of one job", wholeNumber, 1000)
    .option(
      "--quality <percent>",
      "JPEG quality of what people are shown, 0 to 100; the pictures stay as they are",
      count,
      70,
    )
    .addOption(
      new Option("--sorting <how>", "order of the pictures in a task")
        .choices(["lexicographical", "natural", "predefined"])
        .default("natural"),
    )
    .option("--subset <name>", "Train, Validation, Test or any other")
    .option("--only <kind>", "take only pictures, or only films, and leave everything else out", kind)
    .option("--split", "take both, films in tasks of their own")
    .option(
      "--manifest",
      "widths and heights from manifest.jsonl in the folder of --from, instead of reading every picture",
    )
    .option("--start <frame>", "of films: the first frame", count)
    .option("--stop <frame>", "of films: the last frame", count)
    .option("--step <number>", "of films: take one of so many frames", wholeNumber)
    .option("--dry-run", "check everything, say what would be made and do nothing")
    .action(async (name: string, flags: CreateFlags) => (await import("../verbs/task-create.ts")).create(name, flags));
}

const work = () => import("../verbs/task.ts");

const collected = (one: string, before: string[]): string[] => [...before, one];

function names(text: string): string[] {
  const all = text.split(",").map((name) => name.trim());
  if (all.includes("")) throw new InvalidArgumentError("must be names with commas between, for example anna,ben.");
  if (new Set(all).size < all.length) throw new InvalidArgumentError("must have each name once.");
  return all;
}

function kind(text: string): string {
  if (text !== "pictures" && text !== "films") throw new InvalidArgumentError("must be pictures or films.");
  return text;
}

/** A whole number from 0 on. */
function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("must be a whole number from 0 on.");
  return number;
}
